import { BlockList, isIPv4 } from 'node:net';
import { parsePrefix, prefixText } from '../../common/address.ts';

/** Says whether an address is in one of the prefixes. Throws ADDRESS for what is no prefix. */
export function networks(prefixes: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const text of prefixes) {
    const prefix = parsePrefix(text);
    const [network = ''] = prefixText(prefix).split('/');
    list.addSubnet(network, prefix.bits, familyOf(network));
  }
  return (address) => list.check(address, familyOf(address));
}

/** Addresses that no stranger has: RFC 1918, loopback, link-local, carrier-grade NAT, unique local. */
export const isInternal = networks([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '::1/128',
  'fe80::/10',
  'fc00::/7',
]);

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}
