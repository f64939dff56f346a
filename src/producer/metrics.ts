import type { FastifyInstance } from 'fastify';
import { contentType, exposition, type Metric } from '../common/exposition.ts';
import type { Usage } from './control/kernel.ts';
import type { Publisher } from './publisher.ts';

interface Sources {
  /** Each with its use: what it sends. */
  publishers: Readonly<Record<string, Publisher>>;
  usage: () => Usage;
}

/** /metrics in Prometheus' text format. */
export function addMetrics(server: FastifyInstance, sources: Sources): void {
  server.get('/metrics', async (_, reply) => reply.type(contentType).send(exposition(metricsOf(sources))));
}

function metricsOf({ publishers, usage }: Sources): Metric[] {
  const { drops, ringUsed, sources } = usage();
  const uses = Object.entries(publishers);
  return [
    {
      name: 'port_ticker_events_dropped_total',
      type: 'counter',
      help: 'Crossings of this epoch that are lost: evicted while the ring was full, or refused by Kafka.',
      samples: [{ value: drops }],
    },
    {
      name: 'port_ticker_records_refused_total',
      type: 'counter',
      help: 'Records that Kafka would not have, and that are lost.',
      samples: uses.flatMap(([, { refused }]) =>
        Array.from(refused, ([topic, value]) => ({ value, labels: { topic } })),
      ),
    },
    {
      name: 'port_ticker_kafka_clients_total',
      type: 'counter',
      help: 'Kafka clients made: one, and a fresh one after each failure.',
      samples: uses.map(([use, { clients }]) => ({ value: clients, labels: { use } })),
    },
    {
      name: 'port_ticker_ring_bytes',
      type: 'gauge',
      help: 'Bytes in the ring that Kafka has not acknowledged.',
      samples: [{ value: ringUsed }],
    },
    {
      name: 'port_ticker_sources',
      type: 'gauge',
      help: 'Sources in the table.',
      samples: [{ value: sources }],
    },
  ];
}
