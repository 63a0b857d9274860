// The keys of a record that the ledger is sent as, for docs/forward.md.
import { ECS_KEYS } from '../src/ops/forward/ecs.ts'

export const ecsTable = (): string =>
  `| key | what stands there |
| --- | --- |
${ECS_KEYS.map(({ key, meaning }) => `| \`${key}\` | ${meaning} |`).join('\n')}`
