// What the guard's part of a hook is made from: how a shell asks about a line, and what it need not ask about.
import type { PlainLines } from '../../../base/words/plain-lines.ts'

/** Shells whose line editor can be guarded; dash has none. */
export const GUARD_SHELLS = ['bash', 'zsh', 'fish'] as const

export interface GuardOptions {
  /** The program that judges and its first words, `karo guard ask --shell bash`; absolute, or found by name. */
  readonly ask: readonly string[]
  /** Names of tools that something is to be said about; a plain line of any other runs unasked. */
  readonly ruled: readonly string[]
  /** A plain line of any other tool is asked about where one of these says so. */
  readonly plain: PlainLines
  /** Rules files whose prohibitions may name any tool. */
  readonly files: readonly string[]
  /** The rules that hold for everybody: where there are none, KARO_GUARD_PROFILE=off is nobody's question. */
  readonly machineFile: string
  /** Settings of a fleet, of the node and of the machine, which hold against KARO_GUARD_PROFILE=off likewise. */
  readonly fleetFiles?: readonly [string, string]
  /** How the path of the resident judge's pipe begins; behind it stand a process and its descriptor. */
  readonly resident: string
  /** Milliseconds that a line may wait to be judged, the start of the program with it. */
  readonly timeoutMs: number
  readonly onError: 'allow' | 'block'
}

/** How the name of the resident judge's pipe begins, in the node's directory. */
export const RESIDENT_PREFIX = 'judge-'
/** Bytes of a request to the resident judge; what is longer goes to the program. A pipe takes so many in one piece. */
const RESIDENT_BYTES = 4_000
/** The same for the printf of bash, which may be fish's sh too: it writes what is longer in several pieces. */
const RESIDENT_PRINTED = 1_000
/** Milliseconds that the resident judge may take before the program is started; then it is left alone for RESIDENT_REST seconds. */
export const RESIDENT_MS = 250
const RESIDENT_REST = 60
/** Variables besides KARO_… by which a line is judged: they name settings of AI tools and of git. */
const JUDGED_BY: readonly string[] =
  'HOME CLAUDE_CONFIG_DIR CODEX_HOME COPILOT_HOME XDG_CONFIG_HOME GIT_CONFIG_GLOBAL'.split(' ')

/** The values that the shells need to ask the resident judge. */
export const RESIDENT = {
  version: 'karo2',
  bytes: RESIDENT_BYTES,
  printed: RESIDENT_PRINTED,
  seconds: RESIDENT_MS / 1000,
  rest: RESIDENT_REST,
  variables: JUDGED_BY.join(' '),
} as const

/** Lines of this length and longer are always judged: the strictest profile reads no longer line without a question. */
export const PLAIN_LENGTH = 1000
/** Characters handed over; what is longer says so and is never Safe. An environment string has at most 128 KiB. */
export const MOST_ASKED = 30_000
/** Characters of all definitions together; of definitions beyond that only the names are passed. */
export const MOST_DEFINED = 8_000
/** Different words looked up among aliases and functions; the guard says so if a line has more. */
export const MOST_WORDS = 1_000

/** Milliseconds after which a person whose line still waits is told so, and how to have it back. */
export const SILENT_MS = 500
export const SLOW = 'karo: this line is still being judged; Ctrl-C gives it back'

/** Said when the program ended while the person was asked: no limit and no fault makes a yes of that. */
export const CUT_OFF = 'karo: the question got no answer, so this does not run'

/** What a shell does and says when nobody was asked, and nothing was judged. */
export function unanswered(onError: GuardOptions['onError']): {
  readonly verb: string
  readonly words: string
} {
  return onError === 'allow'
    ? {
        verb: 'run',
        words:
          'karo: the guard did not answer, so this runs unjudged (guard.on_error = "allow"); if that goes on, open a new shell',
      }
    : {
        verb: 'drop',
        words:
          'karo: the guard did not answer, so this does not run (guard.on_error = "block"); if that goes on, open a new shell; export KARO_GUARD_PROFILE=off stops the guard',
      }
}

/**
 * Names behind which, anywhere in a plain line, its tool may be handed a harmful command: such a line is asked about
 * whatever its tool. The same as risk's own list, which a test compares.
 */
export const CARRIED_NAMES: readonly string[] =
  `rm rmdir unlink shred wipe srm dd truncate find mv cp chmod chown chgrp rsync wipefs blkdiscard sgdisk mkfs mkfs.ext4 mkfs.xfs env sudo doas
  nice nohup timeout setsid xargs sh bash dash zsh ksh fish busybox toybox`.split(/\s+/)
