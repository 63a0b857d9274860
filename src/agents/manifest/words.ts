// Words and bounds of manifests, light enough for the command line to know them.
import type { Limits } from '../../muscle/contract/messages.ts'

/**
 * The kind of an agent; a program from outside is `kExecutor` unless its person chooses another kind. `kBridge` is
 * reserved for AI tools that people run themselves, outside of jails.
 */
export const AGENT_CLASSES = ['kExecutor', 'kPlanner', 'kReviewer', 'kMemory', 'kPersona'] as const
export type AgentClass = (typeof AGENT_CLASSES)[number]

/** Of the part behind the class. No two agents of a node have the same, whatever their classes are. */
export const AGENT_NAME = /^[a-z0-9][a-z0-9._-]{0,31}$/

const MEBIBYTE = 1024 * 1024

/** The default limits of an agent. A Node.js program reserves 512 MiB for its code alone. */
export const DEFAULT_LIMITS: Limits = {
  cpu_seconds: 3_600,
  memory_bytes: 2_048 * MEBIBYTE,
  disk_bytes: 64 * MEBIBYTE,
  tasks: 64,
  wall_ms: 24 * 3_600_000,
  output_bytes: 1_024 * MEBIBYTE,
}
/** Milliseconds until a call has to be answered, if its person says nothing else. */
export const DEFAULT_CALL_MS = 60_000

/** The capability of its program, which `./deploy` names as its whole path does. A path with `..` stays one that no name can express: a link may be on it. */
export const programOf = ({
  argv: [program = ''],
  cwd,
}: {
  readonly argv: readonly string[]
  readonly cwd: string
}): string =>
  `proc.exec:${/^[^/]+\//.test(program) ? `${cwd}/${program}`.replace(/\/(?:\.?\/)+/g, '/') : program}`
