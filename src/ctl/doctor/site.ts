import type { PlaceSettings } from '../../common/settings/fragments.ts';
import type { CtlSettings } from '../settings.ts';
import { Cluster } from './cluster.ts';
import { type Link, readDriver, readLink } from './link.ts';
import { once } from './once.ts';

/** What the checks look at, and what several of them need to know, asked for once. */
export interface Site {
  /** '' where only Kafka is looked at. */
  device: string;
  place: PlaceSettings;
  /** A sensor id, or *. */
  sensor: string;
  settings: CtlSettings;
  link: () => Promise<Link>;
  /** See readDriver. */
  driver: () => Promise<string | null>;
  cluster: Cluster;
}

export function openSite(settings: CtlSettings, { device, sensor }: Pick<Site, 'device' | 'sensor'>): Site {
  const place = settings.sensor;
  return {
    ...{ device, place, sensor, settings },
    link: once(() => readLink(device, place.netns)),
    driver: once(() => readDriver(device, place.netns)),
    cluster: new Cluster(settings),
  };
}
