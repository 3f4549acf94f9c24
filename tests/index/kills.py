#!/usr/bin/env python3
"""kills.py PROGRAM [KILLS]: kills nights at random moments, and compares what the next night writes with a full run.

Makes a synthetic archive, changes it before each night, kills the night with SIGKILL at a random moment of what a whole
one takes, runs it again, and compares documents and report, byte for byte, with a run without an index.
"""
import os, random, shutil, signal, subprocess, sys, tempfile, time

program, kills = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20
random.seed(7)
place = tempfile.mkdtemp()
os.chdir(place)
subprocess.run([program, 'synth', '-o', 'archive', '--studies', '80'], check=True, capture_output=True)
subprocess.run([program, 'synth', '-o', 'more', '--studies', '40', '--seed', '2'], check=True, capture_output=True)


def files(folder):
    return sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names)


def convert(output, options):
    if not options:
        shutil.rmtree(output, ignore_errors=True)
    return [program, 'convert', 'archive', '-o', output + '/', '--fhir', 'r5', '--references', 'separate', '-q',
            '--report', output + '.json', *options]


def change(night):
    for file in random.sample(files('archive'), 12):
        os.remove(file)
    for file in random.sample(files('more'), 15):
        target = os.path.join('archive', f'night{night}', os.path.basename(file))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(file, target)
    old = time.time() - 1000 - night
    for file in files(f'archive/night{night}'):
        os.utime(file, (old, old))


def documents(folder):
    return {file[len(folder):]: open(file, 'rb').read() for file in files(folder)}


index = ['--index', 'archive.index', '--gone', 'delete', '--max-gone', '100%']
# Nothing here is rewritten in place.
checks = [['--check', check] for check in ('stat', 'folders')]
for file in files('archive'):
    os.utime(file, (1e9, 1e9))
killed = 0
for night in range(kills):
    change(night)
    if night == 0:
        start = time.time()
        subprocess.run(convert('whole', ['--index', 'other.index']))
        whole = time.time() - start
    if night % 5 == 0 and os.path.exists('archive.index'):
        for file in [name for name in os.listdir('.') if name.startswith('archive.index')]:
            os.remove(file)
        shutil.rmtree('night', ignore_errors=True)
    run = subprocess.Popen(convert('night', index + random.choice(checks)))
    time.sleep(random.uniform(0, whole if night % 5 == 0 else whole / 2))
    run.send_signal(signal.SIGKILL)
    killed += run.wait() == -signal.SIGKILL
    again = subprocess.run(convert('night', index + random.choice(checks))).returncode
    full = subprocess.run(convert('full', [])).returncode
    assert again == full, (night, again, full)
    one, other = documents('night'), documents('full')
    one = {name: text for name, text in one.items() if not os.path.basename(name).startswith('.dcm2fhir-')}
    assert one == other, (night, sorted(set(one) ^ set(other))[:5], [n for n in one if one.get(n) != other.get(n)][:5])
    assert open('night.json').read() == open('full.json').read(), night
    subprocess.run([program, 'index', 'check', 'archive.index'], check=True, stdout=subprocess.DEVNULL)
shutil.rmtree(place)
print(f'{killed} of {kills} nights were killed, and each next one was as a full run')
