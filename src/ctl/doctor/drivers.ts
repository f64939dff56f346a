/**
 * Drivers that run XDP programs themselves, by the names that ethtool has for them, of Linux 6.12; those of `severalBuffers`
 * do so too where a frame takes more than a page. A list, as the kernel tells neither before a program is attached.
 */
const severalBuffers = [
  'atlantic',
  'bnxt_en',
  'fsl_enetc',
  'i40e',
  'ice',
  'ionic',
  'mlx5_core',
  'mtk_soc_eth',
  'mvneta',
  'rvu-nicpf',
  'veth',
  'virtio_net',
];
const oneBuffer = [
  'bonding',
  'ena',
  'fec',
  'fsl_dpaa2_eth',
  'gve',
  'hv_netvsc',
  'igb',
  'igc',
  'ixgbe',
  'ixgbevf',
  'lan966x_switch',
  'mana',
  'mlx4_en',
  'mvpp2',
  'netsec',
  'nfp',
  'qede',
  'sfc',
  'st_gmac',
  'thunder-nicvf',
  'tsnep',
  'tun',
  'vif',
  'vmxnet3',
];

export function knowsDriverMode(driver: string | null): boolean {
  return driver !== null && (oneBuffer.includes(driver) || takesSeveralBuffers(driver));
}

export function takesSeveralBuffers(driver: string | null): boolean {
  return driver !== null && severalBuffers.includes(driver);
}
