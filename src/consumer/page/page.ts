import type { FastifyInstance } from 'fastify';
import type { Access } from '../../common/http-access.ts';
import type { Asker } from '../control/ask.ts';
import type { SensorView } from '../control/sensors.ts';
import type { LiveReport } from '../live-report.ts';
import { apiRow, type Rows } from '../rows.ts';
import { Feed } from '../stream/feed.ts';
import { addStreamRoute } from '../stream/route.ts';
import { Activity } from './activity.ts';
import { addAssetRoutes } from './assets.ts';
import type { Permission } from './changes.ts';
import { addCommandRoute } from './command-route.ts';
import { History } from './history.ts';
import { bars, tableRows } from './plot.ts';
import { addPageRoutes } from './routes.ts';
import { rowMarkup } from './row.ts';
import { emptyReason, verdictOf, type Watch } from './watch.ts';
import { watchingMarkup } from './watching.ts';

interface Options {
  server: FastifyInstance;
  access: Access;
  report: LiveReport;
  rows: Rows;
  /** False while Kafka cannot be reached. */
  isConnected: () => boolean;
  sensors: () => SensorView[];
  asker: Pick<Asker, 'ask'>;
  /** True when commands have to be signed, which this program does not do for others. */
  wantsSignatures: boolean;
}

/** The page, its stream, and its way to the sensors. */
export class Page {
  readonly #feed: Feed;

  constructor({ server, access, report, rows, isConnected, sensors, asker, wantsSignatures }: Options) {
    const history = new History();
    const activity = new Activity();
    let newest: number | null = null;
    report.onChange((change) => {
      history.see(change);
      activity.see(change);
      if (change.entry !== null && change.changedAt > (newest ?? 0)) newest = change.changedAt;
    });
    const watch = (): Watch => ({ isConnected: isConnected(), sensors: sensors(), newest });
    const permission = permissionOf(access, wantsSignatures);

    this.#feed = new Feed(report, rows, {
      page: {
        row: (row) => ({ html: String(rowMarkup(row)) }),
        status: () => drawnStatus(watch(), activity),
      },
      programs: {
        row: (row) => ({ row: apiRow(row) }),
        status: () => ({ ...verdictOf(watch()), sensors: sensors().map(withoutAge) }),
      },
    });
    addPageRoutes(server, access, { rows, history, activity, watch, permission });
    addAssetRoutes(server);
    addStreamRoute(server, this.#feed);
    addCommandRoute(server, asker, permission);
  }

  /** Clients of the stream at this moment. */
  get streams(): number {
    return this.#feed.size;
  }

  /** Lets the clients go. */
  close(): void {
    this.#feed.close();
  }
}

/** What the page shows beside the rows: markup by the id of the element that it stands in. */
function drawnStatus(watch: Watch, activity: Activity) {
  const now = Date.now();
  const minutes = activity.series(now);
  return {
    isConnected: watch.isConnected,
    parts: {
      watching: String(watchingMarkup(watch, now)),
      empty: emptyReason(watch),
      plot: String(bars(minutes)),
      'plot-rows': tableRows(minutes).join(''),
    },
  };
}

/** An age would make the same status another one every second. */
function withoutAge({ age: _, ...status }: SensorView) {
  return status;
}

function permissionOf({ wantsToken }: Access, wantsSignatures: boolean): Permission {
  if (!wantsToken)
    return {
      isGiven: false,
      reason: 'Changes from this page need PORT_TICKER_HTTP_TOKEN_FILE; ticker_ctl needs nothing.',
    };
  if (wantsSignatures)
    return {
      isGiven: false,
      reason: 'Commands have to be signed, which this page cannot: use ticker_ctl --key.',
    };
  return { isGiven: true };
}
