import './formats.ts';

/** One setting. Its argument is --NAME, where NAME is `arg` or what follows PORT_TICKER_ in `env`, in kebab case. */
export interface Setting<T> {
  doc: string;
  format:
    | 'flag'
    | 'text'
    | 'list'
    | 'prefixes'
    | 'powerOfTwo'
    | 'ports'
    | 'brokers'
    | 'count'
    | 'seconds'
    | 'tcpPort'
    | 'webAddress'
    | 'topicPrefix'
    | 'sensorId'
    | readonly string[];
  default: T;
  /** What --help says of a default that differs from machine to machine. */
  defaultText?: string;
  /** True when null, or nothing after the =, means "not set". */
  nullable?: boolean;
  /** PORT_TICKER_…; without it the setting can only be given as argument or in the file. */
  env?: string;
  arg?: string;
  /** The short form of the argument, one letter. */
  short?: string;
  /** What a shell completes its value with, where the format does not say it. */
  completes?: 'devices' | 'files';
  /** Bounds of a `count`, `powerOfTwo` or `seconds`. */
  min?: number;
  max?: number;
}

/** Settings in groups, as they are written in the --config file. */
export type Schema<T> = { readonly [K in keyof T]: Setting<T[K]> | Schema<T[K]> };

export interface Leaf {
  /** Where it stands in the file: "kafka.brokers". */
  path: string;
  /** Of its argument, without the dashes. */
  argument: string;
  setting: Setting<unknown>;
}

/** All settings of a schema, in the order they are written. */
export function leaves(schema: Schema<unknown>, prefix = ''): Leaf[] {
  const nodes: Readonly<Record<string, Setting<unknown> | Schema<unknown>>> = schema;
  return Object.entries(nodes).flatMap(([key, node]) => {
    const path = prefix + key;
    return isSetting(node)
      ? [{ path, argument: argumentOf(path, node), setting: node }]
      : leaves(node, `${path}.`);
  });
}

export const envPrefix = 'PORT_TICKER_';

function argumentOf(path: string, { arg, env }: Setting<unknown>): string {
  const name = arg ?? env?.slice(envPrefix.length).toLowerCase().replaceAll('_', '-');
  if (name === undefined) throw new Error(`the setting ${path} has neither env nor arg`);
  return name;
}

function isSetting(node: object): node is Setting<unknown> {
  return 'default' in node;
}
