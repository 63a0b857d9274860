// Views of approvals: the card of one request with everything that it is bound to, the list, and the log.
import type {
  ApprovalShape,
  ApprovalsLogShape,
  ApprovalsShape,
  CapabilitiesShape,
} from '../../api/contract/shapes.ts'
import { endpointOf, isAddress } from '../../base/words/loopback-endpoint.ts'
import {
  clauses,
  duration,
  formatFingerprint,
  localTime,
  paint,
  printable,
  type Screen,
  table,
} from '../kit.ts'

/** Characters of a card that a person can be expected to read; a longer one is looked at as JSON. */
export const CARD_MAX = 20_000
const LABEL = 9
const LEAST_WIDTH = 30

const COLOURS = { critical: 'red', high: 'red', medium: 'yellow', low: 'cyan', green: 'green' } as const

/** What the yes does not name. */
const NOT_BOUND = 'modules and libraries that these load, and programs that scripts find by PATH'

/** The whole request. Foreign text stands behind a label or a bar, has no line of its own, and is never cut. */
export function cardView(
  approval: ApprovalShape,
  /** `self`: the machine that is asked. */
  { now, self }: { readonly now: number; readonly self: { readonly node_id: string; readonly name: string } },
  screen: Screen,
): string {
  const { id, state, agent, action, class: of, kind, risk, risks, argv, cwd, env, binds, input } = approval
  const { code, diff, hash, expires_at, why, target } = approval
  const told = (fields: Fields): readonly string[] =>
    Object.entries(fields).flatMap(([label, says]) => field(label, says, screen))
  return [
    `${paint(COLOURS[of], `${kind}, class ${of}`, screen)}  request ${id}${state === 'approved' ? ' (approved)' : ''}`,
    ...told({
      who: approval.requested_by,
      agent: `${agent}, tool ${action}`,
      where:
        target.node_id === self.node_id
          ? `this machine, ${self.name}`
          : `${target.node_id}, ${formatFingerprint(target.fingerprint)}`,
      in: cwd,
      argv,
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      sees: binds.map(({ path, write }) => `${path}${write ? ' (may write)' : ''}`),
      input: input === '' ? [] : input,
      runs: code.map(
        ({ path, bytes, content }) => `${path} (${bytes === null ? content : `${bytes} bytes, ${content}`})`,
      ),
      'not bound': action === 'exec' && code.length > 0 ? NOT_BOUND : [],
    }),
    ...diff.flatMap((change) => diffLines(change, screen)),
    ...told({
      class: [
        `${of}, by its kind, reach and words; risk of its words: ${risk === 'safe' ? 'none found' : risk}.`,
        ...risks,
      ].join(' '),
      why: why === '' ? '(no reason given)' : `${why} (as the asker says)`,
      task: approval.task,
      hash: `${hash.slice(0, 16)} ${hash.slice(16)}`,
      until: `${localTime(expires_at)}, in ${left(approval, now)}`,
    }),
    '',
  ].join('\n')
}

/** By label: a text, or words, of which each stands on a line of its own, behind its number. */
type Fields = Readonly<Record<string, string | readonly string[]>>

/** Lines of at most the screen's width; those that go on begin with a bar, so that none looks like a field. */
function field(label: string, says: Fields[string], screen: Pick<Screen, 'columns'>): readonly string[] {
  if (typeof says !== 'string')
    return says.flatMap((word, i) => field(i === 0 ? label : '', `${i}: ${word}`, screen))
  const room = Math.max(LEAST_WIDTH, Math.min(screen.columns, 200) - LABEL - 4)
  const pieces = printable(says).match(new RegExp(`.{1,${room}}`, 'gsu')) ?? ['']
  return pieces.map((piece, i) => `  ${(i === 0 ? label : '').padEnd(LABEL)}${i === 0 ? ' ' : '|'} ${piece}`)
}

function diffLines({ path, diff, note }: ApprovalShape['diff'][number], screen: Screen): readonly string[] {
  const colour = (line: string): string => {
    if (/^\s+[|]? \+/.test(line)) return paint('green', line, screen)
    return /^\s+[|]? -/.test(line) ? paint('red', line, screen) : line
  }
  const lines = (diff ?? '').split('\n').slice(1)
  return [
    ...field('changes', path, screen),
    ...(note === null ? [] : field('', note, screen)),
    ...lines.filter((line) => line !== '').flatMap((line) => field('', line, screen).map(colour)),
  ]
}

const lineOf = ({ action, argv, input }: ApprovalShape): string => {
  // What is called matters, and not the program that offers it.
  if (action !== 'exec' || (input !== '' && endpointOf(argv) !== undefined)) return `${action} ${input}`
  return (argv[1] === '-c' && argv.length === 3 ? argv[2] : argv.join(' ')) ?? ''
}

/** Those that differ in little stand together, below the first of them. */
export function approvalsView({ approvals }: ApprovalsShape, now: number, screen: Screen): string {
  if (approvals.length === 0) return 'Nothing waits for your approval.\n'
  const groups = Map.groupBy(approvals, ({ group }) => group)
  const rows = [...groups.values()].flatMap((alike) => alike.map((one, i) => ({ ...one, isFirst: i === 0 })))
  return table(screen, rows, {
    ID: 'id',
    CLASS: { value: 'class', style: ({ class: of }) => COLOURS[of] },
    AGENT: ({ agent, isFirst }) => (isFirst ? agent : 'same'),
    LEFT: {
      value: ({ state, expires_at }) => (state === 'approved' ? state : left({ expires_at }, now)),
      align: 'right',
    },
    WHAT: { value: lineOf, shrink: true },
  })
}

export function approvalsLogView({ entries }: ApprovalsLogShape, screen: Screen): string {
  return table(
    screen,
    entries,
    {
      ENDED: 'ended_at',
      ID: 'id',
      CLASS: 'class',
      AGENT: 'agent',
      OUTCOME: ({ outcome, uses }) => (uses > 1 ? `${outcome} ${uses} times` : outcome),
      BY: 'by',
      WHAT: {
        value: ({ action, line, reason }) => {
          // Of a server outside of jails the line is its address.
          const what = action !== 'exec' ? action : isAddress(line) ? `exec ${line}` : line
          return clauses(what, reason !== '' && reason).join(' – ')
        },
        wrap: true,
      },
    },
    'No request to show.\n',
  )
}

export function capabilitiesView({ capabilities }: CapabilitiesShape, now: number, screen: Screen): string {
  return table(
    screen,
    capabilities.flatMap((one) =>
      one.names.map((name, i) => ({ name, means: one.means[i] ?? '', first: i ? undefined : one })),
    ),
    {
      ID: ({ first }) => first?.id.slice(0, 8) ?? '',
      AGENT: ({ first }) => first?.agent ?? '',
      LEFT: ({ first }) =>
        first === undefined
          ? ''
          : first.expires_at.startsWith('9999')
            ? 'until taken back'
            : left(first, now) + (first.once ? ', once' : ''),
      CAPABILITY: 'name',
      'IT MAY': { value: 'means', wrap: true },
    },
    'No agent has been granted anything.\n',
  )
}

const left = ({ expires_at }: Pick<ApprovalShape, 'expires_at'>, now: number): string =>
  duration(Math.max(0, Date.parse(expires_at) - now))
