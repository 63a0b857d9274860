// The substitute for the lineage room if no key was ever rotated: every key is its own member.
import type { Lineage } from './types.ts'

export const NO_LINEAGE: Lineage = {
  memberOf: (node) => node,
  ancestors: (node) => [node],
  family: (node) => [node],
  all: (node) => [node],
  state: () => ({ kind: 'current' }),
  current: (node) => node,
  branches: () => [],
  below: (node) => [node],
  read: () => undefined,
  take: () => undefined,
  framesTo: () => [],
  frameFrom: () => undefined,
  ended: () => [],
  isNamed: () => false,
  decideBy() {},
}
