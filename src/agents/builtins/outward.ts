// Built-in agents that reach beyond their person's notes: one approved command in a jail, and the local models.
import { KaroError } from '../../base/errors.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { isPlainPath } from '../../base/words/plain-path.ts'
import { EXEC } from '../classes.ts'
import { DEFAULT_LIMITS } from '../manifest/words.ts'
import type { MuscleClient } from '../muscle/client.ts'
import { specOf } from '../runtime/spec.ts'
import type { Acts, BuiltIn, Input, Whose } from './agent.ts'

export interface JailDeps extends Pick<Ambient, 'timers' | 'random'> {
  readonly muscle: { client(): Promise<MuscleClient> }
}

export interface OutwardDeps extends JailDeps {
  readonly models: {
    count(): number
    look(signal: AbortSignal): Promise<readonly { readonly name: string; readonly state: string }[]>
    chat(
      body: (model: string) => string,
      signal: AbortSignal,
      reach: 'loopback',
    ): Promise<{ readonly text: string; readonly by: string; readonly notes: readonly string[] }>
  }
}

const optional = { required: false } as const
const required = { required: true } as const
const MOST_WORDS = 256
const MOST_WORD = 8_192
const MOST_PLACES = 16
/** Characters of input, and bytes kept of each output stream. JSON may need six characters for a byte, and both streams must fit into one answer. */
const MOST_TEXT = 131_072
const MOST_OUTPUT = 32_768
const SECONDS = { usual: 60, most: 3_600 } as const
const MOST_PROMPT = 12_000

const wrong = (why: string): KaroError => new KaroError('bad_request', why, { where: 'input' })

function textsIn(value: unknown, name: string, most: number): readonly string[] {
  if (value === undefined) return []
  const isTexts = (of: unknown): of is string[] =>
    Array.isArray(of) &&
    of.length <= most &&
    of.every((one) => typeof one === 'string' && one.length <= MOST_WORD && !one.includes('\0'))
  if (isTexts(value)) return value
  throw wrong(`${name} has to be a list of at most ${most} texts`)
}

function secondsIn(value: unknown): number {
  const seconds = value === undefined ? SECONDS.usual : Number(value)
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= SECONDS.most) return seconds
  throw wrong(`seconds has to be a whole number from 1 to ${SECONDS.most}`)
}

/**
 * The exact effect of a task of the executor: the same words for the gates, the card and the jail. Throws KaroError.
 */
function commandIn(input: Input): Acts {
  const argv = textsIn(input.argv, 'argv', MOST_WORDS)
  if (argv[0] === undefined || argv[0] === '') throw wrong('argv has to name a program')
  const { cwd = '/', stdin = '' } = input
  if (typeof cwd !== 'string' || !cwd.startsWith('/') || !isPlainPath(cwd))
    throw wrong('cwd has to be an absolute path without ".", ".." and "//", and without "/" at its end')
  if (typeof stdin !== 'string' || stdin.length > MOST_TEXT)
    throw wrong(`stdin has to be a text of at most ${MOST_TEXT} characters`)
  secondsIn(input.seconds)
  const binds = [
    ...textsIn(input.read, 'read', MOST_PLACES).map((path) => ({ path, write: false })),
    ...textsIn(input.write, 'write', MOST_PLACES).map((path) => ({ path, write: true })),
  ]
  return { argv, cwd, binds, input: stdin }
}

/** Takes the beginning of what a stream writes, and counts the rest. */
function createTaken() {
  const pieces: Buffer[] = []
  let kept = 0
  let dropped = 0
  return {
    take(bytes: Buffer): void {
      const some = bytes.subarray(0, MOST_OUTPUT - kept)
      // The piece is overwritten when it has been taken.
      pieces.push(Buffer.from(some))
      kept += some.length
      dropped += bytes.length - some.length
    },
    read: () => ({ text: Buffer.concat(pieces).toString('utf8'), dropped }),
  }
}

/** Runs a command in a jail by the Muscle. Rejects with KaroError `bad_request`, `refused` or `unavailable`. */
export async function runInJail(
  { muscle, timers, random }: JailDeps,
  input: Input,
  { signal, traceId, code }: Omit<Whose, 'person'>,
) {
  const { argv, cwd, binds, input: stdin } = commandIn(input)
  const seconds = secondsIn(input.seconds)
  const limits = { ...DEFAULT_LIMITS, wall_ms: seconds * 1_000 }
  const spec = specOf({ name: 'command', argv, cwd, binds, limits }, [], code, traceId, random)
  const [out, err] = [createTaken(), createTaken()]
  const client = await muscle.client()
  const job = await client.run(spec, ({ stream, bytes }) => (stream === 'stdout' ? out : err).take(bytes))
  const kill = (): void => void client.cancel(spec.job).catch(() => {})
  signal.addEventListener('abort', kill, { once: true })
  // The jail has the same limit; this is for a Muscle that does not keep it.
  const late = timers.after(seconds * 1_000 + 1_000, kill)
  if (signal.aborted) kill()
  try {
    job.input(Buffer.from(stdin), true)
    const { reason, code, signal: by } = await job.ended
    if (signal.aborted) throw new KaroError('unavailable', 'it was ended')
    const [stdout, stderr] = [out.read(), err.read()]
    return {
      exit_code: code,
      signal: by,
      ended: reason,
      stdout: stdout.text,
      stderr: stderr.text,
      dropped_bytes: stdout.dropped + stderr.dropped,
    }
  } finally {
    late()
    signal.removeEventListener('abort', kill)
  }
}

/** Runs one command, once a person has said yes to exactly that. */
export function executor(deps: JailDeps): BuiltIn {
  return {
    id: 'kExecutor:command',
    purpose: 'runs one command in a jail, once you have approved exactly that',
    acts: commandIn,
    tools: [
      {
        name: EXEC,
        description:
          'Runs a program with its arguments in a jail without network; never by a shell. It sees the places in read and write.',
        readOnly: false,
        takes: {
          argv: { type: 'array', ...required },
          cwd: { type: 'string', ...optional },
          read: { type: 'array', ...optional },
          write: { type: 'array', ...optional },
          stdin: { type: 'string', ...optional },
          seconds: { type: 'number', ...optional },
        },
        failed: (value) => (value as { readonly exit_code: number | null }).exit_code !== 0,
        run: (input, whose) => runInJail(deps, input, whose),
      },
    ],
  }
}

/** The way from an agent or a plan to the models of this machine. */
export function bridge({ models }: OutwardDeps): BuiltIn {
  return {
    id: 'kBridge:models',
    isUseful: () => models.count() > 0,
    purpose: 'asks the local models of this machine; no prompt leaves it',
    tools: [
      {
        name: 'list_models',
        description:
          'Lists the local models that are configured, also those of a private network, and whether each answers now.',
        readOnly: true,
        takes: {},
        run: (_, { signal }) => models.look(signal),
      },
      {
        name: 'query_model',
        description:
          'Asks the first local model at a loopback address that answers, and returns its text. The text is an opinion.',
        readOnly: true,
        takes: { prompt: { type: 'string', ...required }, system: { type: 'string', ...optional } },
        run({ prompt, system }, { signal }) {
          const texts = [system, prompt].filter((text) => typeof text === 'string')
          if (texts.join('').length > MOST_PROMPT)
            throw wrong(`prompt and system have at most ${MOST_PROMPT} characters together`)
          const messages = [
            ...(typeof system === 'string' ? [{ role: 'system', content: system }] : []),
            { role: 'user', content: String(prompt) },
          ]
          const body = (model: string): string =>
            JSON.stringify({ ...(model !== '' && { model }), messages, max_tokens: 1_000, stream: true })
          return models.chat(body, signal, 'loopback')
        },
      },
    ],
  }
}
