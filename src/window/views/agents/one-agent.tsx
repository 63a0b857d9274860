// One agent: what it was signed to be, the tools that it offers, and what it writes.
import { useEffect, useState } from 'preact/hooks'
import { bytes, duration } from '../../../api/contract/client/page.ts'
import { describeAgent, getAgentLogs } from '../../../api/contract/operations/agents/agents.ts'
import type { AgentShape } from '../../../api/contract/shapes.ts'
import { Code, counted, Facts, Panel, Shown, Time } from '../../parts/index.ts'
import { Terminal } from '../../parts/terminal.tsx'
import { isLocked, useAnswer } from '../../state/index.ts'
import { RunTask } from './run-task.tsx'

/** The API has no stream of what an agent writes, so it is asked for this often while somebody looks. */
const LOOK_MS = 2_000

interface AgentProps {
  readonly id: string
  /** A task was given: it is to be shown. */
  readonly onTask: (key: string) => void
}

export function Agent({ id, onTask }: AgentProps) {
  const asked = useAnswer(describeAgent, ['agent_state'], { query: { agent: id } })
  return (
    <>
      <Panel title={id} note="As its signed manifest says.">
        <Shown asked={asked}>{(agent) => <Facts facts={factsOf(agent)} />}</Shown>
      </Panel>
      <Panel
        title="Run a task"
        note="A tool that only reads may run at once; everything else waits for your approval."
      >
        <Shown asked={asked} empty={({ offers }) => offers === null && <NoTools />}>
          {({ offers }) => <RunTask agent={id} tools={offers ?? []} onTask={onTask} />}
        </Shown>
      </Panel>
      <Panel title="Output" wide note="Its standard error, as text; control sequences are escaped.">
        <Log id={id} />
      </Panel>
    </>
  )
}

const NoTools = () => (
  <>
    <p>Its tools are not known while it does not run.</p>
    <p class="quiet">Start it to see them; a task that is given by the command line starts it by itself.</p>
  </>
)

function Log({ id }: { readonly id: string }) {
  const query = { agent: id }
  const asked = useAnswer(getAgentLogs, ['agent_state', 'task_progress'], { query })
  const { again } = asked
  const [isLive, setLive] = useState(true)
  useEffect(() => {
    if (!isLive) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !isLocked.value) again()
    }, LOOK_MS)
    return () => clearInterval(timer)
  }, [isLive, again])
  return (
    <Shown asked={asked} empty={({ lines }) => lines.length === 0 && <p>Nothing since Karo started.</p>}>
      {({ lines, dropped, cut }) => (
        <>
          <Terminal
            label={`Output of ${id}`}
            lines={lines.map(({ at, from, text }) => ({
              at,
              text,
              mark: from === 'karo' ? from : undefined,
            }))}
            isLive={isLive}
            onLive={setLive}
          />
          {(dropped > 0 || cut > 0) && (
            <p class="quiet">
              {counted(dropped, 'line')} before these were dropped, and {counted(cut, 'character')} of lines
              that were too long.
            </p>
          )}
        </>
      )}
    </Shown>
  )
}

/** Said in the place of the command where there is none. */
export const noCommand = (isBuiltIn = false): string =>
  isBuiltIn ? 'none: built into Karo' : 'its manifest differs from the signed one'

function factsOf(agent: AgentShape) {
  const { argv, built_in, outside, manifest, server, restarts, state, detail, granted_until } = agent
  const facts = {
    State: `${state}: ${detail}`,
    [outside === true ? 'Address' : 'Command']:
      argv === null ? noCommand(built_in) : <Code text={argv.join(' ')} />,
    'Calls itself': server ?? 'does not run',
    Restarts: counted(restarts, 'time'),
    'Granted until': granted_until && <Time at={granted_until} />,
  }
  if (manifest === null) return facts
  const { cwd, binds, tools, limits, call_ms, why, added_at, capabilities } = manifest
  const jail =
    outside === true
      ? { Jail: 'none: Karo did not start this server, and cannot confine it' }
      : {
          Directory: <Code text={cwd} />,
          Sees:
            binds.length === 0
              ? 'only the programs of this machine'
              : binds.map(({ path, write }) => (
                  <div key={path}>
                    <Code text={path} /> {write ? 'may change it' : 'reads'}
                  </div>
                )),
          Network: 'none',
        }
  return {
    ...facts,
    ...jail,
    Wants: capabilities.join(', ') || 'nothing',
    'Callable tools': tools.join(', ') || 'all its tools',
    Limits: `${bytes(limits.memory_bytes)} of memory a process, ${counted(limits.tasks, 'process', 'processes')}, ${duration(call_ms)} a call`,
    Why: why,
    Added: <Time at={added_at} />,
  }
}
