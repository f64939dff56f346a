/**
 * Drivers that run XDP programs themselves, by the names that ethtool has for them; those of `severalBuffers` do so too where
 * a frame takes more than a page. Source: Linux 6.12, where `grep -r NETDEV_XDP_ACT_ drivers/net` shows what each driver
 * says of itself: NETDEV_XDP_ACT_BASIC, and NETDEV_XDP_ACT_RX_SG for several buffers. The kernel tells it of a device only
 * from 6.3 on, so it is a list.
 */
const severalBuffers = [
  'atlantic',
  'bnxt_en',
  'fsl_enetc',
  'i40e',
  'ice',
  'ionic',
  'mlx5_core',
  'mvneta',
  'veth',
  'virtio_net',
];
const oneBuffer = [
  'am65-cpsw-nuss',
  'bonding',
  'cpsw',
  'cpsw-switch',
  'ena',
  'fec',
  'fsl_dpa',
  'fsl_dpaa2_eth',
  'funeth',
  'gve',
  'hv_netvsc',
  'igb',
  'igc',
  'ixgbe',
  'ixgbevf',
  'lan966x-switch',
  'mana',
  'mlx4_en',
  'mtk_soc_eth',
  'mvpp2',
  'netsec',
  'nfp',
  'nfp_netvf',
  'qede',
  'rvu-nicpf',
  'sfc',
  'sfc_siena',
  'st_gmac',
  'st_mac100',
  'st_xgmac',
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
