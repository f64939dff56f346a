#!/usr/bin/env node
import { AvroCodec } from '../common/avro.ts';
import type { PortScanEvent, ReportEntry } from '../common/event.ts';
import { createHttpServer, type Health, listen } from '../common/http.ts';
import { accessOf } from '../common/http-access.ts';
import { createKafka } from '../common/kafka/client.ts';
import { SendTally } from '../common/kafka/send-tally.ts';
import { TopicSender } from '../common/kafka/sender.ts';
import { prepareTopics, topicName } from '../common/kafka/topics.ts';
import { stayLean } from '../common/lean.ts';
import { type Context, runProcess } from '../common/lifecycle.ts';
import { persist } from '../common/persist.ts';
import { SchemaRegistry } from '../common/registry.ts';
import { Alerting } from './alerts/alerting.ts';
import { networks } from './alerts/networks.ts';
import { addReportRoutes, addSensorRoutes } from './api.ts';
import { auditedFields, SequenceAudit } from './audit.ts';
import { ControlPlane } from './control/plane.ts';
import { DeadLetters } from './dead-letters.ts';
import { Decoder } from './decoder.ts';
import { LiveReport } from './live-report.ts';
import { addConsumerMetrics } from './metrics.ts';
import { Page } from './page/page.ts';
import { Rows } from './rows.ts';
import { type ConsumerSettings, consumerProgram, consumerSchema } from './settings.ts';
import { EventSubscriber } from './subscriber.ts';
import { Upkeep } from './upkeep.ts';
import { ReportView } from './view.ts';
import { ReportWriter } from './writer.ts';

const consumerTopics = [
  'events',
  'report',
  'control',
  'control-results',
  'config',
  'sensors',
  'alerts',
  'dead-letter',
] as const;

stayLean();
await runProcess(consumerProgram, consumerSchema, start);

async function start({ settings, logger, lifecycle }: Context<ConsumerSettings>): Promise<void> {
  const { brokers } = settings.kafka;
  // Impatient where this program itself tries again and says why; patient where a pause of Kafka's is no failure.
  const kafka = createKafka(settings, logger, consumerProgram.name, { retries: 1 });
  const patientKafka = createKafka(settings, logger, consumerProgram.name);
  const registry = SchemaRegistry.from(settings);
  const events = {
    topic: topicName(settings, 'events'),
    codec: new AvroCodec<PortScanEvent>('port-scan-event', registry),
  };
  const rows = {
    topic: topicName(settings, 'report'),
    codec: new AvroCodec<ReportEntry>('report-entry', registry),
  };

  const sends = new SendTally(settings, ['report', 'alerts', 'dead-letter']);
  const deadLetters = new DeadLetters(
    new TopicSender({ kafka, brokers, topic: topicName(settings, 'dead-letter'), sends }),
    logger,
  );
  const decoders = {
    events: new Decoder(events.codec, events.topic, logger),
    report: new Decoder(rows.codec, rows.topic, logger),
  };
  const report = new LiveReport(settings.report.expiry);
  const isOwner = (partition: number) => subscriber.isOwner(partition);
  const writer = new ReportWriter({ kafka: patientKafka, brokers, ...rows, report, sends });
  const view = new ReportView({
    kafka,
    brokers,
    topic: rows.topic,
    report,
    decoder: decoders.report,
    deadLetters,
    isOwner,
    logger,
  });
  const subscriber = new EventSubscriber({
    kafka: patientKafka,
    brokers,
    groupId: `${settings.topics.prefix}.consumer`,
    topic: events.topic,
    decoder: decoders.events,
    deadLetters,
    report,
    view,
    writer,
    logger,
  });
  const upkeep = new Upkeep({ report, writer, isOwner, logger });
  const control = new ControlPlane({
    settings,
    registry,
    deadLetters,
    clientId: consumerProgram.name,
    logger,
  });
  const isKnown = networks(settings.alerts.knownScanners);
  const alerting = new Alerting({
    settings,
    kafka: patientKafka,
    report,
    view,
    control,
    sends,
    isKnown,
    logger,
  });
  const audit = new SequenceAudit({
    ...{ kafka, brokers, control, logger },
    topic: events.topic,
    codec: new AvroCodec<PortScanEvent>('port-scan-event', registry, auditedFields),
  });

  const health: Health = {
    stalled: () => [
      ...(view.isStalled ? ['the report topic'] : []),
      ...(writer.isStalled ? ['the report writer'] : []),
      ...(subscriber.group.isStalled ? ['the consumer group'] : []),
      ...control.stalled(),
    ],
    waitingFor: () => [
      ...(view.isCurrent ? [] : ['the report topic']),
      ...(subscriber.group.hasJoined ? [] : ['the consumer group']),
      ...(control.isReady ? [] : ['the control group']),
    ],
  };
  const access = accessOf(settings.http);
  const http = createHttpServer(settings.http, health, access);
  const shown = new Rows(report, isKnown);
  addReportRoutes(http, shown);
  addSensorRoutes(http, control.sensors);
  const page = new Page({
    server: http,
    access,
    report,
    rows: shown,
    isConnected: () => view.isCurrent && control.sensors.isCurrent,
    sensors: () => control.sensors.views(),
    asker: control.asker,
    wantsSignatures: settings.signatures.mode === 'require',
  });
  addConsumerMetrics(http, {
    ...{ health, subscriber, decoders, deadLetters, report, page, control, sends },
    ...{ alerts: alerting.tally, sequences: audit.sequences },
  });
  lifecycle.own('the HTTP server', () => http.close());
  lifecycle.own('the page', () => page.close());
  logger.info(`page at ${await listen(http, settings.http)}/`);

  const patience = { logger, signal: lifecycle.stopping };
  await persist(() => prepareTopics(kafka, settings, consumerTopics), {
    what: 'preparing the topics',
    ...patience,
  });
  await persist(() => rows.codec.register(rows.topic), { what: 'registering the schema', ...patience });
  await persist(() => control.registerSchemas(), { what: 'registering schemas of control', ...patience });

  lifecycle.own('the dead letters', () => deadLetters.close());
  lifecycle.own('the report writer', () => writer.close());
  view.start();
  lifecycle.own('the report view', () => view.close());
  subscriber.start();
  lifecycle.own('the subscriber', () => subscriber.close());
  upkeep.start();
  lifecycle.own('the upkeep', () => upkeep.close());
  control.start();
  lifecycle.own('the control plane', () => control.close());
  alerting.start();
  lifecycle.own('the alerting', () => alerting.close());
  audit.start();
  lifecycle.own('the audit', () => audit.close());
}
