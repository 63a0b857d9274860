// What a node of a test says that it can.
export const CAPABILITIES = {
  protocol_version: 1,
  karo_version: '0.1.0',
  supports_level1: true,
  supports_level2: false,
  can_aggregate: false,
} as const
