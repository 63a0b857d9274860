// Audit: the ledger of this node, searched and verified.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { getAuditLog, verifyAudit } from '../../api/contract/operations/audit.ts'
import { getPeers } from '../../api/contract/operations/peers.ts'
import type { AuditEntryShape, AuditVerdict } from '../../api/contract/shapes.ts'
import {
  Act,
  type Columns,
  counted,
  Facts,
  Foreign,
  Group,
  NodeNames,
  number,
  Panel,
  plain,
  Shown,
  State,
  Table,
  Time,
} from '../parts/index.ts'
import { client, keepWords, search, useAnswer } from '../state/index.ts'
import { WhoAsked } from './who-asked.tsx'

/** Entries that are read when the view is opened, and those that a search looks through; more are found by `karo audit log`. */
const LIMITS = { first: 200, search: 10_000 } as const
/** Rows that are drawn at first, and with each press of the button below them. */
const ROWS = 100

export const Audit = () => (
  <>
    <Group>
      <Verify />
    </Group>
    <Group>
      <WhoAsked />
    </Group>
    <Log />
  </>
)

function Verify() {
  const [verdict, setVerdict] = useState<AuditVerdict>()
  return (
    <Panel
      title="Is the ledger whole?"
      wide
      note="Verifies the whole chain, and compares it with every signed head."
      actions={
        <Act
          kind="main"
          run={async () => setVerdict(await client.call(verifyAudit, { deadlineMs: 120_000 }))}
        >
          Verify now
        </Act>
      }
    >
      {verdict === undefined ? (
        <p class="empty">Not verified since this page was opened.</p>
      ) : (
        <Facts facts={factsOf(verdict)} />
      )}
    </Panel>
  )
}

const factsOf = ({ ok, entries, head, first_bad, outside }: AuditVerdict) => ({
  Verdict: (
    <State tone={ok ? 'good' : 'bad'}>{ok ? 'whole: nothing was altered or removed' : 'not whole'}</State>
  ),
  Entries: number(entries),
  Head: <code>{head.slice(0, 16)}</code>,
  'First bad entry': first_bad === null ? null : number(first_bad),
  'Kept elsewhere':
    outside === undefined ? (
      'no signed head is kept outside of this ledger'
    ) : (
      <>
        to entry {number(outside.seq)}, <Time at={outside.signed_at} as="ago" />, by{' '}
        {outside.members.length === 0 ? 'a copy beside the ledger' : <NodeNames nodes={outside.members} />}
      </>
    ),
})

function Log() {
  const words = search.value
  const [wantsMore, setWantsMore] = useState(false)
  const limit = wantsMore || words !== '' ? LIMITS.search : LIMITS.first
  const newest = useAnswer(
    getAuditLog,
    ['query_answered', 'query_asked', 'trust_changed', 'consent_changed'],
    { query: { limit } },
  )
  // The entries that are shown stay until a search has fetched all of them.
  const before = useRef(newest.data)
  before.current = newest.data ?? before.current
  const asked = { ...newest, data: before.current }
  const peers = useAnswer(getPeers, ['trust_changed'])
  // The texts to search in are made anew where a name is another one, and not with each answer.
  const known = JSON.stringify(peers.data?.peers.map(({ node_id, name }) => [node_id, name]) ?? [])
  const names: Names = useMemo(() => new Map(JSON.parse(known)), [known])
  const isAll = (asked.data?.entries.length ?? 0) < limit
  const indexed = useIndex(asked.data?.entries, names)
  const found = useMemo(() => {
    const wanted = words
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '')
    if (wanted.length === 0) return asked.data?.entries ?? []
    return indexed.entries.filter((_, i) => wanted.every((word) => indexed.texts[i]?.includes(word)))
  }, [asked.data, indexed, words])
  return (
    <Panel
      title="Entries"
      wide
      note={`The newest first; of the last ${counted(asked.data?.entries.length ?? 0, 'entry', 'entries')}, ${number(found.length)} fit.${
        limit === LIMITS.first && !isAll ? ` A search looks through ${number(LIMITS.search)}.` : ''
      }`}
      actions={
        <input
          type="search"
          aria-label="Words in the entry"
          placeholder="Search the last entries"
          value={words}
          onInput={({ currentTarget }) => {
            search.value = currentTarget.value
            setWantsMore(true)
          }}
          onChange={keepWords}
        />
      }
    >
      <Shown asked={asked} empty={() => found.length === 0 && <p>No entry fits that.</p>}>
        {() => (
          <>
            <Table
              caption="Entries of the ledger"
              rows={found}
              keyOf="seq"
              columns={columnsOf(names)}
              step={ROWS}
              by={words}
            />
            {limit === LIMITS.first && !isAll && (
              <button type="button" onClick={() => setWantsMore(true)}>
                Read up to {number(LIMITS.search)} entries
              </button>
            )}
          </>
        )}
      </Shown>
    </Panel>
  )
}

/** Entries whose texts are made at once; between two such parts the page stays quick. */
const AT_ONCE = 500

interface Index {
  readonly entries: readonly AuditEntryShape[]
  /** Of each entry all of it as one text, in small letters. */
  readonly texts: readonly string[]
}

/** The entries to search in: the newest ones once their texts are made, and those before them until then. */
function useIndex(entries: readonly AuditEntryShape[] | undefined, names: Names): Index {
  const [index, setIndex] = useState<Index>({ entries: [], texts: [] })
  useEffect(() => {
    if (entries === undefined) return
    const texts: string[] = []
    let timer: ReturnType<typeof setTimeout> | undefined
    const goOn = (): void => {
      texts.push(...entries.slice(texts.length, texts.length + AT_ONCE).map((one) => textOf(one, names)))
      if (texts.length < entries.length) timer = setTimeout(goOn)
      else setIndex({ entries, texts })
    }
    goOn()
    return () => clearTimeout(timer)
  }, [entries, names])
  return index
}

const textOf = ({ type, peer, trace_id, details }: AuditEntryShape, names: Names): string =>
  JSON.stringify([plain(type), peer, peer && names.get(peer), trace_id, details]).toLowerCase()

/** Of each key of a node, the name that this node knows it by. */
type Names = ReadonlyMap<string, string>

/** A node may have given its name to itself, so that the beginning of its key stands beside it. */
const named = (text: string, names: Names): string =>
  text.replace(/karo:ed25519:([\w-]{8})[\w-]+/g, (key, start) => {
    const name = names.get(key)
    return name ? `${name} (${start}…)` : `${start}…`
  })

const columnsOf = (names: Names): Columns<AuditEntryShape> => ({
  Entry: 'seq',
  When: ({ timestamp }) => <Time at={timestamp} />,
  What: ({ type }) => plain(type),
  Outcome: ({ success }) => <State tone={success ? 'good' : 'warn'}>{success ? 'done' : 'refused'}</State>,
  Machine: ({ peer }) => (peer === undefined ? '–' : <Foreign text={named(peer, names)} />),
  Facts: {
    cell: ({ details }) => (
      <Foreign
        text={Object.entries(details)
          .map(([name, value]) => `${plain(name)} ${named(String(value), names)}`)
          .join(', ')}
      />
    ),
    long: true,
  },
})
