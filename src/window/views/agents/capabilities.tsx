// Capabilities that agents were granted, with the time that is left, and a way to revoke each.
import { getCapabilities, revokeCapability } from '../../../api/contract/operations/agents/approvals.ts'
import type { CapabilityShape } from '../../../api/contract/shapes.ts'
import { Left } from '../../parts/left.tsx'
import { Act, Command, Panel, Shown } from '../../parts/panel.tsx'
import { Table } from '../../parts/table.tsx'
import { Foreign } from '../../parts/words.tsx'
import { useAnswer } from '../../state/asked.ts'
import { client } from '../../state/session.ts'

export function Capabilities() {
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
