// Looks at pages of `--report archive.html` in headless Chromium: nothing of a header runs, nothing is requested, axe-core
// finds nothing, and it fits three widths in light and dark. Links lead to rows, and rows can be filtered and paged.
//
// usage: node page.mjs BINARY [FOLDER]     in the checkout; its modules are installed as .ci/run does
//   FOLDER      one more archive to look at
//   FILES=N     files of the synthetic archive, 2000 by default
//   PICTURES=F  a folder for what it saw
// needs: Chromium or Chrome on the PATH, or CHROMIUM=path; exit code 3 where there is none
import { execFileSync, spawnSync } from "node:child_process";
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { chromium } from "playwright-core";

const [binary, folder] = process.argv.slice(2).map((name) => path.resolve(name));
const pictures = process.env.PICTURES;
const SIZES = { phone: [360, 740], tablet: [800, 1100], desktop: [1280, 900] };
const HOSTILE = `"><img src=x onerror=globalThis.ran=1></script><script>globalThis.ran=1</script>`;

function browser() {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const found = names.map((name) => spawnSync("which", [name], { encoding: "utf8" }).stdout.trim());
  return process.env.CHROMIUM || found.find(Boolean);
}

// A DICOM file in explicit little endian (PS3.5 7.1.2) whose texts try to run.
function hostileFile() {
  const element = (group, number, vr, value) => {
    const bytes = Buffer.from(value.length % 2 ? value + (vr === "UI" ? "\0" : " ") : value, "latin1");
    const head = Buffer.alloc(8);
    head.writeUInt16LE(group, 0);
    head.writeUInt16LE(number, 2);
    head.write(vr, 4, "latin1");
    head.writeUInt16LE(bytes.length, 6);
    return Buffer.concat([head, bytes]);
  };
  const meta = element(2, 0x10, "UI", "1.2.840.10008.1.2.1");
  return Buffer.concat([
    Buffer.alloc(128), Buffer.from("DICM"), meta,
    element(8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.2"), element(8, 0x18, "UI", "1.2.3.4"),
    element(8, 0x20, "DA", "20240230"), element(8, 0x60, "CS", HOSTILE), element(8, 0x70, "LO", HOSTILE),
    element(8, 0x1090, "LO", HOSTILE), element(0x10, 0x20, "LO", "SECRET-ID"), element(0x10, 0x10, "PN", "SECRET^NAME"),
    element(0x18, 0x15, "CS", HOSTILE), element(0x18, 0x1020, "LO", HOSTILE),
    element(0x20, 0x0d, "UI", "1.2.3"), element(0x20, 0x0e, "UI", "1.2.3.1"), element(0x20, 0x13, "IS", "x"),
  ]);
}

function archives(place) {
  const at = (name) => path.join(place, name);
  const hostile = at("hostile");
  fs.mkdirSync(hostile);
  fs.writeFileSync(path.join(hostile, "a.dcm"), hostileFile());
  fs.writeFileSync(path.join(hostile, HOSTILE.replaceAll("/", "")), "no DICOM");
  fs.mkdirSync(at("empty"));
  const files = Number(process.env.FILES || 2000);
  execFileSync(binary, ["synth", "-o", at("synthetic"), "--quiet", "--studies", String(Math.ceil(files / 11.7))]);
  for (let number = 0; number < 45; number += 1) fs.writeFileSync(path.join(at("synthetic"), `note-${number}.txt`), "no DICOM");
  const all = { hostile, empty: at("empty"), testdata: path.resolve("testdata"), synthetic: at("synthetic") };
  return folder ? { ...all, more: folder } : all;
}

function page(place, name, archive) {
  const file = path.join(place, `${name}.html`);
  const run = spawnSync(binary, ["convert", archive, "-o", path.join(place, `${name}.ndjson`), "--fhir", "r5", "--quiet", "--report", file]);
  assert.ok([0, 1].includes(run.status), `${name}: ${run.stderr}`);
  return file;
}

async function open(context, file) {
  const tab = await context.newPage();
  const url = pathToFileURL(file).href;
  const wrong = [];
  tab.on("request", (request) => request.url() === url || request.url().startsWith("data:") || wrong.push(`request: ${request.url()}`));
  tab.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
  tab.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  tab.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  await tab.goto(url);
  return { tab, wrong };
}

async function look(chrome, name, file) {
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    for (const colorScheme of ["light", "dark"]) {
      const context = await chrome.newContext({ viewport: { width, height }, colorScheme, bypassCSP: true });
      const { tab, wrong } = await open(context, file);
      assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth), width, `${name}: wider than ${width}`);
      await tab.evaluate(axe.source);
      const { violations } = await tab.evaluate(() => globalThis.axe.run());
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html).join(" | ")}`);
      assert.deepEqual(found, [], `${name}, ${size}, ${colorScheme}`);
      assert.deepEqual(wrong, [], name);
      if (pictures) await tab.screenshot({ path: path.join(pictures, `${name}-${size}-${colorScheme}.png`), fullPage: true });
      await context.close();
    }
  }
  console.log(`${name}: ${Math.ceil(fs.statSync(file).size / 1024)} KiB, three widths, light and dark`);
}

// With the page's own policy, as a person has it.
async function runsNothing(chrome, file) {
  const { tab, wrong } = await open(await chrome.newContext(), file);
  assert.equal(await tab.evaluate(() => globalThis.ran), undefined);
  assert.equal(await tab.locator("img, iframe, object, embed, form").count(), 0);
  assert.ok((await tab.locator("#studies tbody tr").count()) > 0, "the page's own script runs");
  assert.ok(!(await tab.content()).includes("SECRET"), "patient data");
  assert.deepEqual(wrong, []);
  // The policy alone: what is put there in spite of all does not run, and asks for nothing.
  const failures = [];
  tab.on("requestfailed", (request) => failures.push(request.failure().errorText));
  await tab.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "globalThis.ran = 1";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend", `<img src="https://example.invalid/x.png" onerror="globalThis.ran=1">`);
  });
  await tab.waitForTimeout(200);
  assert.equal(await tab.evaluate(() => globalThis.ran), undefined);
  assert.deepEqual(failures, ["csp"]);
}

async function leadsToRows(chrome, file) {
  const { tab, wrong } = await open(await chrome.newContext({ viewport: { width: 1280, height: 900 } }), file);
  const rows = (id) => tab.locator(`#${id} tbody tr`);
  const status = (id) => tab.locator(`#${id} .status`).textContent();
  // The page follows a link or a filter a moment after the click.
  const says = (id, words) => tab.locator(`#${id} .status`).filter({ hasText: words }).waitFor();
  const before = await status("studies");
  await tab.locator('a[href="#studies?modality=MR"]').click();
  await says("studies", /that match/);
  const cells = await rows("studies").locator("td:nth-child(3)").allTextContents();
  assert.ok(cells.length > 0 && cells.every((cell) => cell.includes("MR")), cells.join());
  await tab.locator("#studies .chips button").click();
  await says("studies", new RegExp(`^${before}$`));
  const maker = await tab.locator('td a[href*="maker="]').first();
  const count = (await maker.textContent()).replaceAll(",", "");
  await maker.click();
  await says("values", /that match/);
  assert.equal(await rows("values").count(), Math.min(20, Number(count)));
  await tab.locator("#values .chips button").first().click();
  await tab.locator("#studies input").fill("US");
  await says("studies", /that match/);
  await tab.locator("#studies input").fill("nothing has this");
  await says("studies", /^no rows/);
  await tab.locator("#studies input").fill("");
  const first = await rows("studies").first().textContent();
  await tab.locator("#studies .next").click();
  assert.notEqual(await rows("studies").first().textContent(), first);
  await tab.locator("#studies .previous").click();
  assert.equal(await rows("studies").first().textContent(), first);
  await tab.locator('a[href^="#files?why="]').click();
  await says("files", /^1 to 20 of 45$/);
  await tab.locator("#files .next").click();
  await tab.locator("#files .next").click();
  await says("files", /^41 to 45 of 45$/);
  assert.equal(await rows("files").count(), 5);
  await tab.locator("#files input").fill("note-7.txt");
  await says("files", /^1 to 1 of 1 that match/);
  assert.deepEqual(wrong, []);
  if (pictures) await tab.pdf({ path: path.join(pictures, "print.pdf"), format: "A4" });
}

const executablePath = browser();
if (!executablePath) {
  console.error("there is no Chromium");
  process.exit(3);
}
const place = fs.mkdtempSync(path.join(os.tmpdir(), "page-"));
const chrome = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  if (pictures) fs.mkdirSync(pictures, { recursive: true });
  const all = Object.entries(archives(place)).map(([name, archive]) => [name, page(place, name, archive)]);
  for (const [name, file] of all) await look(chrome, name, file);
  await runsNothing(chrome, path.join(place, "hostile.html"));
  await leadsToRows(chrome, path.join(place, "synthetic.html"));
  console.log("nothing of a header runs, nothing is requested, and links lead to rows");
} finally {
  await chrome.close();
  fs.rmSync(place, { recursive: true });
}
