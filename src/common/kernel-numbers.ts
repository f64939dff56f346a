/**
 * Numbers of xdp/event.h that are macros there, so that BTF does not show them, and that programs without the addon need,
 * too. test/unit/kernel-numbers.test.ts holds them against the file.
 */
export const kernelNumbers = {
  EXACT_PORTS: 6,
  NO_VLAN: 0xffff,
  SCORE_VERDICT: 4,
  SWEEP_BITS: 14,
  TARGET_BITS: 24,
} as const;
