import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { type ComposeFile, project, readComposeFile, type Service } from './compose-file.ts';

let file: ComposeFile;
before(async () => {
  file = await readComposeFile();
});

test('every part of the demo is a service', () => {
  const expected = [
    'consumer',
    'grafana',
    'kafka',
    'producer',
    'prometheus',
    'registry',
    'scanner',
    'target',
  ];
  assert.deepEqual(Object.keys(file.services).sort(), expected);
});

test('every image has a version, none is the latest', () => {
  for (const image of [...services().map(({ image }) => image), ...baseImages()]) {
    assert.match(image, /^[^:]+:(?!latest$)[\w.-]+$/);
  }
});

test('every service has a health check, limits, and starts again', () => {
  for (const [name, service] of Object.entries(file.services)) {
    assert.ok(service.healthcheck, `${name} has no health check`);
    assert.ok(service.mem_limit && service.cpus && service.pids_limit, `${name} has no limits`);
    assert.ok(service.cpus <= 1, `${name} wants more than a machine may have`);
    assert.equal(service.restart, 'unless-stopped', name);
  }
});

test('nobody has a capability or is root but the sensor', () => {
  for (const [name, service] of Object.entries(file.services)) {
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
    assert.equal(service.privileged, undefined, name);
    if (name === 'producer') continue;
    assert.equal(service.cap_add, undefined, name);
    assert.equal(service.user, undefined, name);
  }
  for (const dockerfile of dockerfiles()) {
    const finals = dockerfile.split(/^FROM /m).filter((stage) => stage.includes('\nCMD '));
    for (const stage of finals) assert.match(stage, /^USER (nobody|port-ticker)$/m);
  }
});

test('the sensor has what XDP takes, as the engine can give it', async () => {
  assert.deepEqual(file.services['producer']?.cap_add, ['BPF', 'NET_ADMIN', 'PERFMON']);
  const older = await readComposeFile({ SENSOR_CAPABILITIES: 'sys-admin' });
  assert.deepEqual(older.services['producer']?.cap_add, ['NET_ADMIN', 'SYS_ADMIN']);
});

test("the sensor is in the target's network, under an id of its own", () => {
  const producer = file.services['producer'];
  assert.equal(producer?.network_mode, 'service:target');
  assert.equal(producer?.environment?.['PORT_TICKER_DEVICES'], 'eth0');
  assert.equal(producer?.environment?.['PORT_TICKER_SENSOR_ID'], 'target');
});

test('ports are published on this machine alone', () => {
  const ports = services().flatMap(({ ports = [] }) => ports);
  assert.ok(ports.length > 0);
  for (const port of ports) assert.match(port, /^127\.0\.0\.1:/);
});

test('what lasts is in named volumes', () => {
  const mounted = services().flatMap(({ volumes = [] }) =>
    volumes.map((volume) => volume.split(':')[0] ?? ''),
  );
  const named = mounted.filter((source) => !source.startsWith('/'));
  assert.deepEqual([...new Set(named)].sort(), Object.keys(file.volumes).sort());
});

test('the token is made by the consumer, and others only read it', () => {
  const mounts = Object.entries(file.services).flatMap(([name, { volumes = [] }]) =>
    volumes.filter((volume) => volume.startsWith('http-token:')).map((volume) => `${name} ${volume}`),
  );
  assert.deepEqual(mounts.sort(), [
    'consumer http-token:/run/http-token:rw',
    'grafana http-token:/run/http-token:ro',
    'producer http-token:/run/http-token:ro',
    'prometheus http-token:/run/http-token:ro',
  ]);
});

test('Kafka has the version that the tests and the other demo run', () => {
  const pom = readFileSync(join(project, 'scripts/setup/kafka/pom.xml'), 'utf8');
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>(.*)<\/version>/.exec(pom)?.[1];
  assert.equal(file.services['kafka']?.image, `apache/kafka:${version}`);
});

function services(): Service[] {
  return Object.values(file.services);
}

function dockerfiles(): string[] {
  const paths = services().flatMap(({ build }) => (build === undefined ? [] : [build.dockerfile]));
  return [...new Set(paths)].map((path) => readFileSync(join(project, path), 'utf8'));
}

function baseImages(): string[] {
  return dockerfiles().flatMap((text) => [...text.matchAll(/^FROM (\S+)/gm)].map(([, image = '']) => image));
}
