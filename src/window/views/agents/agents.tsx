// Agents: what each is doing, what it may and offers, what it writes, and the tasks that it was given.
import { useState } from 'preact/hooks'
import { getAgents, startAgent, stopAgent } from '../../../api/contract/operations/agents/agents.ts'
import { getCapabilities, revokeCapability } from '../../../api/contract/operations/agents/approvals.ts'
import type { AgentListShape, CapabilityShape } from '../../../api/contract/shapes.ts'
import {
  Act,
  Code,
  type Columns,
  Command,
  Foreign,
  Left,
  Panel,
  Shown,
  State,
  Table,
  Time,
} from '../../parts/index.ts'
import { client, noJail, status, useAnswer } from '../../state/index.ts'
import { Agent, noCommand } from './one-agent.tsx'
import { Tasks } from './tasks.tsx'

type Row = AgentListShape['agents'][number]

export function Agents() {
  const asked = useAnswer(getAgents, ['agent_state', 'task_progress'])
  const [chosen, setChosen] = useState<string>()
  const [task, setTask] = useState<string>()
  const one = asked.data?.agents.find(({ id }) => id === chosen)
  return (
    <>
      <Panel title="Agents" wide>
        <Shown asked={asked} empty={({ agents }) => agents.length === 0 && <None />}>
          {({ agents }) => (
            <Table
              caption="Agents of this machine"
              rows={agents}
              keyOf="id"
              columns={{
                ...COLUMNS,
                Do: (agent) => (
                  <Do
                    agent={agent}
                    isChosen={agent.id === chosen}
                    again={asked.again}
                    onChoose={() => setChosen(agent.id === chosen ? undefined : agent.id)}
                  />
                ),
              }}
            />
          )}
        </Shown>
      </Panel>
      {one !== undefined && <Agent key={one.id} id={one.id} onTask={setTask} />}
      <Tasks chosen={task} onChoose={setTask} />
      {status.value?.you.admin === true && <Capabilities />}
    </>
  )
}

const None = () => (
  <>
    <p>There are no agents.</p>
    {status.value?.agents.state === 'off' ? (
      <p class="quiet">
        They are off until <code>enabled = true</code> stands under <code>[agents]</code> in config.toml.
      </p>
    ) : (
      <p>
        <Command text="karo agent add NAME -- COMMAND" />
      </p>
    )}
  </>
)

const TONES = {
  stopped: 'quiet',
  starting: 'warn',
  running: 'good',
  waiting: 'warn',
  failed: 'bad',
  locked: 'bad',
  refused: 'bad',
} as const

const COLUMNS: Columns<Row> = {
  Agent: 'id',
  State: ({ state }) => <State tone={TONES[state]}>{state}</State>,
  Since: ({ since }) => (since === null ? '–' : <Time at={since} as="ago" />),
  Says: { cell: 'detail', long: true },
  Command: ({ argv, built_in, outside }) =>
    argv === null ? (
      noCommand(built_in)
    ) : (
      <span class="clip">
        <Code text={argv.join(' ')} />
        {outside === true && ' (outside of jails)'}
      </span>
    ),
}

interface DoProps {
  readonly agent: Row
  readonly isChosen: boolean
  readonly again: () => void
  readonly onChoose: () => void
}

function Do({ agent: { id, state }, isChosen, again, onChoose }: DoProps) {
  const isIdle = ['stopped', 'failed', 'refused', 'locked'].includes(state)
  const change = async (): Promise<void> => {
    await client.call(isIdle ? startAgent : stopAgent, { body: { agent: id }, deadlineMs: 60_000 })
    again()
  }
  return (
    <span class="actions">
      <button type="button" aria-expanded={isChosen} onClick={onChoose}>
        {isChosen ? 'Close' : 'Open'}
        <span class="hidden">
          {' '}
          <Foreign text={id} />
        </span>
      </button>
      <Act run={change} label={`${isIdle ? 'Start' : 'Stop'} ${id}`} locked={isIdle ? noJail() : undefined}>
        {isIdle ? 'Start' : 'Stop'}
      </Act>
    </span>
  )
}

/** Capabilities that agents were granted, with the time that is left, and a way to revoke each. */
function Capabilities() {
  const asked = useAnswer(getCapabilities, ['approval_decided', 'agent_state', 'task_progress'])
  const revoke = async ({ id }: CapabilityShape): Promise<void> => {
    await client.call(revokeCapability, { body: { id } })
    asked.again()
  }
  return (
    <Panel title="Grants to agents" wide note="Revoking a grant also revokes everything derived from it.">
      <Shown
        asked={asked}
        empty={({ capabilities }) =>
          capabilities.length === 0 && (
            <>
              <p>
                Nothing is granted. Adding an agent grants what it names; a terminal grants more for an hour
                at most.
              </p>
              <p>
                <Command text="karo cap grant AGENT fs.read:/srv/app" />
              </p>
            </>
          )
        }
      >
        {({ capabilities }) => (
          <Table
            caption="Grants to agents"
            rows={capabilities}
            keyOf="id"
            columns={{
              Agent: 'agent',
              'It may': {
                cell: ({ means }) =>
                  means.map((one) => (
                    <div key={one}>
                      <Foreign text={one} />
                    </div>
                  )),
                long: true,
              },
              Left: ({ expires_at }) => <Left until={expires_at} over="over" />,
              Uses: ({ once }) => (once ? 'one' : 'any number'),
              Change: (one) => (
                <Act
                  kind="danger"
                  run={() => revoke(one)}
                  label={`Take back ${one.names.join(', ')} from ${one.agent}`}
                >
                  Take back
                </Act>
              ),
            }}
          />
        )}
      </Shown>
    </Panel>
  )
}
