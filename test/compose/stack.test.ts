import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { lastFirst } from '../helpers/cleanup.ts';
import { eventually } from '../helpers/eventually.ts';
import { isFull } from '../helpers/full.ts';
import { unprivileged } from '../helpers/privileged.ts';
import { temporaryDirectory } from '../helpers/temporary-directory.ts';
import { project } from './compose-file.ts';
import { Engine } from './engine.ts';
import { machineState } from './machine-state.ts';
import { Stack } from './stack.ts';

const minutes = 60_000;
const skip = isFull ? unprivileged : 'takes long: make compose-test';

/*
 * The images are built and the stack is run by a Docker engine of the test's own. The images that come from a registry
 * are stand-ins: images/build.sh.
 */
test('the compose stack is built, scans, reports, is commanded and goes', {
  skip,
  timeout: 60 * minutes,
}, async (t) => {
  const before = await machineState();
  await run(t);
  assert.deepEqual(await machineState(), before, 'the machine is as it was');
});

async function run(t: TestContext): Promise<void> {
  const cleanup = lastFirst(t);
  const directory = temporaryDirectory('port-ticker-compose-');
  cleanup.after(() => directory.remove());
  const tree = join(directory.path, 'project');
  copyProject(tree);

  const builder = await Engine.start(cleanup, join(directory.path, basename(directory.path)), 'machine');
  await build(t, builder, tree);
  await builder.stop();

  const engine = await Engine.start(cleanup, join(directory.path, basename(directory.path)), 'nowhere');
  for (const compose of composeCommands()) {
    await t.test(`with ${compose.join(' ')}`, async (t) => {
      await tryOut(t, new Stack(engine, compose, tree));
    });
  }
  await engine.stop();
}

async function build(t: TestContext, engine: Engine, tree: string): Promise<void> {
  await engine.exec([join(project, 'test/compose/images/build.sh')]);
  const started = performance.now();
  const files = [
    '-f',
    join(tree, 'docker-compose.yml'),
    '-f',
    join(project, 'test/compose/host-network.yml'),
  ];
  await engine.exec(['docker-compose', ...files, 'build'], {
    NPM_CONFIG_REGISTRY: execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim(),
    COMPOSE_DOCKER_CLI_BUILD: '0', // the engine's own builder, which takes base images that it has
  });
  t.diagnostic(`built in ${seconds(started)} s`);
  const tagged = ['--filter', 'dangling=false', '--format', '{{.Repository}}:{{.Tag}} {{.Size}}'];
  t.diagnostic(await engine.docker('images', ...tagged));
}

async function tryOut(t: TestContext, stack: Stack): Promise<void> {
  const started = performance.now();
  try {
    await stack.up();
    t.diagnostic(`up and healthy in ${seconds(started)} s`);

    assert.match(await stack.token(), /^[0-9a-f]{64}$/);
    const scanner = await stack.addressOf('scanner');
    await eventually('the scan is in the report', () => stack.reports(scanner), 3 * minutes);
    t.diagnostic(`in the report after ${seconds(started)} s`);

    const command = ['ticker_ctl', '--timeout', '120', '--sensor', 'target', '-t', '200'];
    const answer = await stack.exec('consumer', ...command);
    assert.match(answer, /target/);
    const status = JSON.parse(await stack.exec('consumer', 'ticker_ctl', 'status', '--json'));
    assert.match(JSON.stringify(status), /"threshold":200\b/);

    for (const [service, ...words] of documented()) await stack.exec(service, ...words);

    await stack.exec('producer', 'sh', '-c', 'kill -KILL $(pidof node)');
    await eventually('the sensor goes on', () => stack.says('producer', /going on with epoch/), 3 * minutes);

    assert.ok((await stack.subjects()).includes('port-ticker.events-value'), 'the schema is registered');
    await eventually('Prometheus scrapes both programs', async () => (await stack.scraped()) === 2, minutes);
  } catch (error) {
    t.diagnostic(await stack.state());
    throw error;
  } finally {
    const program = await stack.attachedProgram().catch(() => undefined);
    await stack.down();
    if (program !== undefined) {
      await eventually('the program is gone', async () => !(await hasProgram(program)), minutes);
    }
    assert.deepEqual(await stack.leftovers(), []);
  }
}

/** What docs/compose.md runs in containers: the service, and the words of the command. */
function documented(): [string, ...string[]][] {
  const text = readFileSync(join(project, 'docs/compose.md'), 'utf8');
  const commands = [...text.matchAll(/docker compose exec (\S+) ([^`\n]+)/g)];
  assert.ok(commands.length > 0);
  return commands.map(([, service = '', command = '']) => [service, ...command.trim().split(' ')]);
}

async function hasProgram(id: string): Promise<boolean> {
  const ids: { id: number }[] = JSON.parse(
    execFileSync('bpftool', ['-j', 'prog', 'show'], { encoding: 'utf8' }),
  );
  return ids.some((each) => String(each.id) === id);
}

/** What git would clone, with the certificate authorities that this machine trusts beside Debian's. */
function copyProject(tree: string): void {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: project,
    encoding: 'utf8',
  });
  for (const path of listed.split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    cpSync(join(project, path), join(tree, path));
  }
  for (const path of globSync('/usr/local/share/ca-certificates/*.crt')) {
    cpSync(path, join(tree, 'deploy/docker/ca', basename(path)));
  }
}

/** 1.29, and those of PORT_TICKER_TEST_COMPOSE: paths of other versions. */
function composeCommands(): string[][] {
  const others = (process.env['PORT_TICKER_TEST_COMPOSE'] ?? '').split(',').filter(Boolean);
  return ['docker-compose', ...others].map((path) => [path]);
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(0);
}
