// Sharing: what a person consents to, what each node may have because of it, exactly what would leave, and who asked.
import { useState } from 'preact/hooks'
import { bytes } from '../../api/contract/client/page.ts'
import { CHANGES, getPreview, getShare, NAMED_CHANGES } from '../../api/contract/operations/share.ts'
import type { SharingView, SummaryShape } from '../../api/contract/shapes.ts'
import {
  Act,
  Choice,
  type Columns,
  counted,
  Figures,
  Group,
  NodeName,
  NodeNames,
  number,
  Panel,
  plain,
  Scroll,
  Shown,
  Table,
  Time,
} from '../parts/index.ts'
import { type Asked, client, useAnswer } from '../state/index.ts'
import { WhoAsked } from './who-asked.tsx'

type Shared = SharingView['peers'][number]
const LEVELS = ['nothing leaves', 'summaries of this machine', 'summaries, and totals of many'] as const

export function Sharing() {
  const asked = useAnswer(getShare, ['consent_changed', 'trust_changed', 'config_reloaded'])
  return (
    <>
      <Group>
        <Consent asked={asked} />
        <Recipients asked={asked} />
      </Group>
      <Group>
        <Preview />
        <WhoAsked />
      </Group>
    </>
  )
}

function Consent({ asked }: { readonly asked: Asked<SharingView> }) {
  const { data } = asked
  const isOn = data?.sharing === 'on'
  const change = async (): Promise<void> => {
    await client.call(isOn ? CHANGES.off : CHANGES.on)
    asked.again()
  }
  return (
    <Panel
      title="Your consent"
      wide
      actions={
        data !== undefined && (
          <Act run={change} kind={isOn ? 'danger' : 'main'}>
            {isOn ? 'Share nothing with anybody' : 'Share again as agreed'}
          </Act>
        )
      }
    >
      <Shown asked={asked}>
        {({ sharing, source, max_level, categories, anomalies }) => (
          <Figures
            figures={[
              {
                label: 'Sharing',
                value: sharing,
                note: source === 'decision' ? 'you decided' : 'the configuration says so',
                tone: sharing === 'on' && 'good',
              },
              { label: 'At most', value: `level ${max_level}`, note: LEVELS[max_level] },
              {
                label: 'Categories',
                value: number(Object.values(categories).filter(Boolean).length),
                note:
                  Object.entries(categories)
                    .filter(([, on]) => on)
                    .map(([name]) => plain(name))
                    .join(', ') || 'none',
              },
              { label: 'Anomalies', value: plain(anomalies), note: 'how yours are shared' },
            ]}
          />
        )}
      </Shown>
    </Panel>
  )
}

function Recipients({ asked }: { readonly asked: Asked<SharingView> }) {
  const toggle = async ({ node_id, level_1, level_2 }: Shared): Promise<void> => {
    const gets = level_1.length + level_2.length > 0
    await client.call(gets ? NAMED_CHANGES.stop : NAMED_CHANGES.allow, { body: { who: node_id } })
    asked.again()
  }
  const columns: Columns<Shared> = {
    Node: (node) => <NodeName node={node} />,
    Trust: ({ trust_level }) => plain(trust_level),
    'Numbers of this machine': { cell: ({ level_1 }) => list(level_1), wraps: true },
    'Totals of many': { cell: ({ level_2 }) => list(level_2), wraps: true },
    Why: { cell: 'reason', wraps: true },
    Change: (row) => (
      <Act run={() => toggle(row)}>{row.level_1.length + row.level_2.length > 0 ? 'Stop' : 'Allow'}</Act>
    ),
  }
  return (
    <Panel title="Who may have what" wide note="Right now, by category.">
      <Shown
        asked={asked}
        empty={({ peers }) => peers.length === 0 && <p>This machine knows no other node yet.</p>}
      >
        {({ peers }) => (
          <Table caption="What each node may have of you" rows={peers} keyOf="node_id" columns={columns} />
        )}
      </Shown>
    </Panel>
  )
}

const list = (categories: readonly string[]): string =>
  categories.length === 0 ? '–' : categories.map(plain).join(', ')

function Preview() {
  const [role, setRole] = useState('')
  const query = role === '' ? {} : { role }
  const asked = useAnswer(getPreview, ['consent_changed', 'trust_changed', 'summary_published'], { query })
  return (
    <Panel
      title="Exactly what would be sent now"
      wide
      note="The same bytes that are encrypted for the named nodes; nothing else is sent."
      actions={
        <Choice
          label="For"
          value={role}
          choices={[
            ['', 'everybody who may'],
            ['security', 'the role security'],
            ['lead', 'the role lead'],
          ]}
          onChoose={setRole}
        />
      }
    >
      <Shown
        asked={asked}
        empty={({ summaries, totals }) =>
          summaries.length === 0 &&
          totals === null && (
            <>
              <p>No summary of this machine would be sent now.</p>
              <p class="quiet">Choose a role to see what of you goes into totals for it.</p>
            </>
          )
        }
      >
        {({ summaries, totals }) => (
          <>
            {summaries.map((one) => (
              <Edition key={one.digest} {...one} />
            ))}
            {totals !== null && (
              <p>
                Totals for this role: {counted(totals.types.filter(({ given }) => given).length, 'type')} of{' '}
                {totals.types.length} given, each of at least {Math.max(totals.k, totals.k_min)} machines.{' '}
                <span class="quiet">
                  {totals.counted ? 'Your numbers are in them.' : 'Your numbers are not in them.'}
                </span>
              </p>
            )}
          </>
        )}
      </Shown>
    </Panel>
  )
}

const Edition = ({ recipients, summary, bytes: size, digest }: SummaryShape) => (
  <details>
    <summary>
      <Time at={summary.start} as="utc-day" /> (UTC), {summary.granularity}:{' '}
      {counted(recipients.length, 'reader')}, {bytes(size)}
    </summary>
    <p class="quiet">
      For <NodeNames nodes={recipients} />. Digest <code>{digest.slice(0, 16)}</code>
    </p>
    <Scroll class="short" label="Data to be sent">
      <pre>{JSON.stringify(summary, null, 2)}</pre>
    </Scroll>
  </details>
)
