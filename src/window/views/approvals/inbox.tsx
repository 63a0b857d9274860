// Approvals: what agents and AI tools want to do and a person has to decide, and what became of it.

import { getApprovalsLog } from '../../../api/contract/operations/agents/approvals.ts'
import type { ApprovalShape, EndedApprovalShape } from '../../../api/contract/shapes.ts'
import {
  Act,
  Code,
  type Columns,
  Command,
  counted,
  Foreign,
  number,
  Panel,
  Shown,
  State,
  Table,
} from '../../parts/index.ts'
import { inbox, isMuscleLocked, notifies, scope, toggleNotifications, useAnswer } from '../../state/index.ts'
import { ActionClass, Card, deny } from './card.tsx'

const LIMIT = 100
const TONES = { used: 'good', unused: 'quiet', denied: 'warn', expired: 'warn', withdrawn: 'quiet' } as const

function Decisions() {
  const asked = useAnswer(getApprovalsLog, ['approval_decided'], { query: { limit: LIMIT } })
  return (
    <Panel
      title="Decisions"
      wide
      note={`The newest ${number(LIMIT)}: the outcome of requests, and who decided.`}
    >
      <Shown asked={asked} empty={({ entries }) => entries.length === 0 && <p>Nothing was decided yet.</p>}>
        {({ entries }) => (
          <Table
            caption="Decisions"
            rows={entries}
            keyOf={({ id, ended_at }) => `${id} ${ended_at}`}
            columns={COLUMNS}
          />
        )}
      </Shown>
    </Panel>
  )
}

const COLUMNS: Columns<EndedApprovalShape> = {
  Ended: 'ended_at',
  Outcome: ({ outcome }) => <State tone={TONES[outcome]}>{outcome}</State>,
  Class: (entry) => <ActionClass of={entry.class} />,
  Agent: 'agent',
  What: { cell: ({ line }) => <Code text={line} />, long: true },
  By: 'by',
  Why: ({ reason }) => (reason === '' ? '–' : <Foreign text={reason} />),
  Ran: 'uses',
}

export function Approvals() {
  return (
    <>
      <Panel title="Waiting for you" wide note={<HowToApprove />} actions={<Notifications />}>
        <Shown
          asked={inbox.value}
          empty={({ approvals }) =>
            approvals.length === 0 && (
              <>
                <p>Nothing waits for you.</p>
                <p class="quiet">A request appears here when an agent or an AI tool needs your yes.</p>
              </>
            )
          }
        >
          {({ approvals }) =>
            // Requests that are alike stand together, where the first of them stands.
            [...Map.groupBy(approvals, ({ group }) => group)].map(([name, group]) => (
              <Alike key={name} group={group} />
            ))
          }
        </Shown>
      </Panel>
      <Decisions />
    </>
  )
}

const NOTIFICATIONS = {
  on: 'Notifications: on',
  off: 'Notifications: off',
  unasked: 'Notify me',
  refused: 'Notifications are blocked in this browser',
} as const

const Notifications = () => (
  <button
    type="button"
    class="small"
    aria-pressed={notifies.value === 'on'}
    disabled={notifies.value === 'refused'}
    onClick={() => void toggleNotifications()}
  >
    {NOTIFICATIONS[notifies.value]}
  </button>
)

function HowToApprove() {
  if (isMuscleLocked.value) return <>No jail can be started, so nothing can be approved. You can deny.</>
  if (scope.value === 'approve')
    return <>An approval is for exactly what the card shows, and for nothing else.</>
  return (
    <>
      Here you can deny, but not approve. To approve, open the page from a terminal in which no agent or AI
      tool works: <Command text="karo dashboard" />
    </>
  )
}

function Alike({ group }: { readonly group: readonly ApprovalShape[] }) {
  const pending = group.filter(({ state }) => state === 'pending')
  return (
    <div class="alike">
      {pending.length > 1 && (
        <p class="note actions">
          <span>
            {counted(pending.length, 'request')} are alike: agent, tool, program and directory are the same.
            Each is approved by itself.
          </span>
          <Act
            confirm={`Deny all ${pending.length}: press again`}
            run={async () => {
              for (const one of pending) await deny(one, '')
              inbox.value.again()
            }}
          >
            Deny all {pending.length}
          </Act>
        </p>
      )}
      {group.map((one) => (
        <Card key={one.id} approval={one} />
      ))}
    </div>
  )
}
