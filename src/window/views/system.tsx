// System: the node at a glance, its checks, what happens now, its log, its configuration and its metrics.

import { useState } from 'preact/hooks'
import { bytes, duration } from '../../api/contract/client/page.ts'
import { getMetrics, getSettings } from '../../api/contract/operations/care.ts'
import { getFindings } from '../../api/contract/operations/doctor.ts'
import type { FeedEvent, FindingsShape, SettingsShape, StatusShape } from '../../api/contract/shapes.ts'
import {
  Code,
  type Columns,
  Command,
  counted,
  Facts,
  Foreign,
  Group,
  number,
  Panel,
  plain,
  Scroll,
  Shown,
  State,
  Table,
  Time,
} from '../parts/index.ts'
import { client, recent, refreshStatus, status, statusProblem, useAnswer, useAsked } from '../state/index.ts'
import { Logs } from './log.tsx'

type Finding = FindingsShape['checks'][number]

function Findings() {
  const asked = useAnswer(getFindings, ['health_changed', 'config_reloaded'])
  return (
    <Panel title="What karo doctor found" wide note={<Ran findings={asked.data} />}>
      <Shown
        asked={asked}
        empty={({ at }) =>
          at === null && (
            <>
              <p>It has not run since the daemon started. It looks at the machine, which this page cannot.</p>
              <p>
                <Command text="karo doctor" />
              </p>
            </>
          )
        }
      >
        {({ checks }) => <Found checks={checks} />}
      </Shown>
    </Panel>
  )
}

const Ran = ({ findings }: { readonly findings: FindingsShape | undefined }) =>
  findings?.at == null ? (
    <>Its findings stand here after it ran.</>
  ) : (
    <>
      Ran <Time at={findings.at} as="ago" />. To look again: <Command text="karo doctor" />
    </>
  )

const TONES = { fail: 'bad', warn: 'warn', ok: 'good', skipped: 'quiet' } as const

function Found({ checks }: { readonly checks: readonly Finding[] }) {
  const bad = checks.filter(({ outcome }) => outcome === 'fail' || outcome === 'warn')
  const good = checks.filter(({ outcome }) => outcome === 'ok')
  const skipped = checks.length - bad.length - good.length
  return (
    <>
      {bad.length > 0 && (
        <ul class="list findings">
          {bad
            .toSorted((a, b) => a.outcome.localeCompare(b.outcome))
            .map((one) => (
              <li key={one.id}>
                <One finding={one} />
              </li>
            ))}
        </ul>
      )}
      <p class="quiet">
        {bad.length === 0 && 'No problems. '}
        {counted(good.length, 'check')} found everything well, {counted(skipped, 'check')} had nothing to look
        at.
      </p>
    </>
  )
}

const One = ({ finding: { title, outcome, detail, fix, why } }: { readonly finding: Finding }) => (
  <div>
    <p>
      <State tone={TONES[outcome]}>{outcome}</State>{' '}
      <b>
        <Foreign text={title} />
      </b>{' '}
      <Foreign text={detail} />
    </p>
    {why !== undefined && (
      <p class="quiet">
        <Foreign text={why} />
      </p>
    )}
    {fix?.split('\n').map((line) => (
      <p key={line}>
        <Command text={line} />
      </p>
    ))}
  </div>
)

const EVENTS_SHOWN = 30

export function System() {
  const known = status.value
  return (
    <>
      <Group>
        <Panel title="This node">
          <Shown asked={{ data: known, problem: statusProblem.value, again: refreshStatus }}>
            {(of) => <Facts facts={factsOf(of)} />}
          </Shown>
        </Panel>
        {known !== undefined && <Checks known={known} />}
        <Findings />
        <Happening />
        <Logs />
      </Group>
      <Group>
        <Settings />
        <Metrics />
        <Panel title="In a terminal" wide note="Commands for tasks that a web page cannot do.">
          <ul class="plain">
            {['karo doctor --fix', 'karo logs --follow', 'karo token sessions'].map((one) => (
              <li key={one}>
                <Command text={one} />
              </li>
            ))}
          </ul>
        </Panel>
      </Group>
    </>
  )
}

const factsOf = ({ name, fingerprint, version, service, you, uptime_seconds, ...rest }: StatusShape) => ({
  Name: name || fingerprint,
  Version: version,
  Runs: `${service ? 'as the service of this machine' : 'as your own node'}, for ${duration(uptime_seconds * 1_000)}`,
  You: `${you.name ? `${you.name}, ` : ''}uid ${you.uid}, ${you.admin ? 'an administrator of this node' : you.asks ? 'may ask the mesh' : 'see your own numbers'}`,
  Agents: `${rest.agents.state}: ${rest.agents.detail}`,
  Mesh: `${counted(rest.mesh.peers_connected, 'link')}, ${counted(rest.mesh.members_known, 'member')} known`,
  'Commands kept': number(rest.store.events),
  Disk: bytes(rest.store.bytes),
  Documents: `${number(rest.documents.own)} own, ${number(rest.documents.received)} received, ${number(rest.documents.relayed)} relayed`,
  Policy:
    rest.policy.problem ??
    (rest.policy.engine === 'cedar' ? counted(rest.policy.files, 'file') : 'built-in rules'),
})

function Checks({ known: { health, spool } }: { readonly known: StatusShape }) {
  const failingFirst = health.checks.toSorted((a, b) => Number(a.ok) - Number(b.ok))
  return (
    <Panel
      title="Checks"
      note={
        spool.dropped > 0
          ? `${counted(spool.dropped, 'command')} were lost before they reached the daemon.`
          : 'Checks by the daemon itself; karo doctor also checks the machine.'
      }
    >
      <Table
        caption="Checks of this node"
        rows={failingFirst}
        keyOf="name"
        columns={{
          Check: ({ name }) => name,
          State: ({ ok }) => <State tone={ok ? 'good' : 'bad'}>{ok ? 'ok' : 'failing'}</State>,
          Says: { cell: 'detail', long: true },
        }}
      />
    </Panel>
  )
}

/** What an event is about, in a few words. */
function aboutOf({ data }: FeedEvent): string {
  const about = Object.entries(data).flatMap(([name, value]: [string, unknown]) => {
    if (name === 'peer') {
      const { name: called, fingerprint } = value as { name: string; fingerprint: string }
      return [called === '' ? fingerprint : called]
    }
    return /_id$|_at$/.test(name) || value === null || typeof value === 'object'
      ? []
      : [`${plain(name)} ${value}`]
  })
  return about.join(', ')
}

const Happening = () => (
  <Panel title="Happening now" wide note="Since this page was opened; never the text of a command.">
    {recent.value.length === 0 ? (
      <p class="empty">Nothing has happened yet.</p>
    ) : (
      <Table
        caption="Events"
        rows={recent.value.slice(0, EVENTS_SHOWN)}
        keyOf="id"
        columns={{
          When: ({ timestamp }) => <Time at={timestamp} as="ago" />,
          What: ({ type }) => plain(type),
          About: { cell: (event) => <Foreign text={aboutOf(event)} />, long: true },
        }}
      />
    )}
  </Panel>
)

/** Names and values of the Prometheus text format, without its comments. */
async function readMetrics(signal: AbortSignal): Promise<readonly (readonly [string, string])[]> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of client.bytes(getMetrics, 'text/plain', { signal }))
    text += decoder.decode(chunk, { stream: true })
  return text.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^(karo_[^ ]+) ([^ ]+)$/.exec(line) ?? []
    return name === '' || /_bucket|_created/.test(name) ? [] : [[name, value] as const]
  })
}

function Metrics() {
  const [words, setWords] = useState('')
  const asked = useAsked(readMetrics, { key: 'metrics', on: ['poll'] })
  const found = asked.data?.filter(([name]) => name.includes(words.trim())) ?? []
  return (
    <Panel
      title="Metrics"
      wide
      note="The same numbers as at /metrics; they contain no names."
      actions={
        <input
          type="search"
          aria-label="Part of the name of a metric"
          placeholder="karo_mesh"
          value={words}
          onInput={({ currentTarget }) => setWords(currentTarget.value)}
        />
      }
    >
      <Shown asked={asked} empty={() => found.length === 0 && <p>No metric has this in its name.</p>}>
        {() => (
          <Scroll class="short" label="All metrics">
            <Table
              caption="Metrics by name"
              rows={found}
              keyOf={([name]) => name}
              columns={{
                Metric: { cell: ([name]) => <code>{name}</code>, long: true },
                Value: { cell: ([, value]) => value, right: true },
              }}
            />
          </Scroll>
        )}
      </Shown>
    </Panel>
  )
}

type Setting = SettingsShape['keys'][number]

/** The configuration of the node: each value, where it comes from, and what waits until it is in force. */
function Settings() {
  const [words, setWords] = useState('')
  const [all, setAll] = useState(false)
  const asked = useAnswer(getSettings, ['config_reloaded'])
  const wanted = words.trim().toLowerCase()
  const found = (asked.data?.keys ?? []).filter(({ key, description, source }) =>
    wanted === '' ? all || source !== 'default' : `${key} ${description}`.toLowerCase().includes(wanted),
  )
  return (
    <Panel
      title="Configuration"
      wide
      note={<FileOf settings={asked.data} />}
      actions={
        <search class="filters">
          <input
            type="search"
            aria-label="Words in a key or its description"
            placeholder="mesh.port"
            value={words}
            onInput={({ currentTarget }) => setWords(currentTarget.value)}
          />
          <label>
            <input
              type="checkbox"
              checked={all}
              onChange={({ currentTarget }) => setAll(currentTarget.checked)}
            />{' '}
            defaults too
          </label>
        </search>
      }
    >
      <Shown
        asked={asked}
        empty={({ problem }) =>
          problem === null &&
          found.length === 0 && <p>{wanted === '' ? 'All keys have their defaults.' : 'No key matches.'}</p>
        }
      >
        {({ problem }) =>
          problem === null ? (
            <Scroll class="short" label="Keys of the configuration">
              <Table caption="Configuration" rows={found} keyOf="key" columns={SETTINGS} />
            </Scroll>
          ) : (
            <p class="note bad">
              <Foreign text={problem} />
            </p>
          )
        }
      </Shown>
    </Panel>
  )
}

const FileOf = ({ settings }: { readonly settings: SettingsShape | undefined }) =>
  settings?.file == null ? (
    <>Values of the configuration file and of the environment.</>
  ) : (
    <>
      From <Code text={settings.file} /> and the environment of the daemon.
    </>
  )

const SETTINGS: Columns<Setting> = {
  Key: ({ key }) => <code>{key}</code>,
  Value: { cell: ({ value }) => <Code text={value} />, wraps: true },
  From: 'source',
  'In force': ({ waits }) =>
    waits === null ? (
      'yes'
    ) : (
      <State tone="warn">{waits === 'reload' ? 'after a reload' : 'after a restart'}</State>
    ),
  Meaning: { cell: ({ description }) => <span class="quiet">{description}</span>, long: true },
}
