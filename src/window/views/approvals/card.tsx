// One request as a card: everything that an approval of it is bound to, and the decision.
import { useState } from 'preact/hooks'
import { formatFingerprint } from '../../../api/contract/client/page.ts'
import { decideApproval } from '../../../api/contract/operations/agents/approvals.ts'
import type { ApprovalShape } from '../../../api/contract/shapes.ts'
import { Act, Code, counted, Facts, Foreign, Left, number, Risk, Scroll, Time } from '../../parts/index.ts'
import { client, inbox, noJail, scope, status } from '../../state/index.ts'

/** Lines that are drawn at first; the rest comes on demand, so that a large diff does not hold up the page. */
const LINES_AT_FIRST = 400

const LOOKS = { '+': 'added', '-': 'removed', '@': 'place' } as const

function Diff({ change: { path, diff, note } }: { readonly change: ApprovalShape['diff'][number] }) {
  const [isWhole, setWhole] = useState(false)
  // The two lines of names before the first part say only what stands above them.
  const lines = diff === null ? [] : diff.replace(/\n$/, '').split('\n').filter(isOfChange)
  const shown = isWhole ? lines : lines.slice(0, LINES_AT_FIRST)
  return (
    <figure class="diff">
      <figcaption>
        <Code text={path} />
        {diff !== null && (
          <span class="quiet">
            {' '}
            {counted(countOf(lines, '+'), 'line')} added, {number(countOf(lines, '-'))} removed
          </span>
        )}
      </figcaption>
      {note !== null && (
        <p class="quiet">
          <Foreign text={note} />
        </p>
      )}
      {shown.length > 0 && (
        <Scroll class="short" label="Change of the file">
          <pre>
            {shown.map((line, i) => (
              <span key={i} class={LOOKS[line[0] as keyof typeof LOOKS]}>
                <Foreign text={line} />
                {'\n'}
              </span>
            ))}
          </pre>
        </Scroll>
      )}
      {shown.length < lines.length && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {number(lines.length)} lines
        </button>
      )}
    </figure>
  )
}

const isOfChange = (line: string, i: number): boolean => i > 3 || !/^(Index: |={10}|--- |\+\+\+ )/.test(line)
const countOf = (lines: readonly string[], sign: '+' | '-'): number =>
  lines.filter((line) => line.startsWith(sign)).length

/** Characters of a reason, as the API takes it. */
const REASON_MAX = 500

export const deny = ({ id, hash }: ApprovalShape, reason: string): Promise<unknown> =>
  client.call(decideApproval, { body: { id, approve: false, hash, ...(reason !== '' && { reason }) } })

export function Card({ approval }: { readonly approval: ApprovalShape }) {
  const { id, agent, state, expires_at, diff } = approval
  return (
    <article class="card" aria-label={`Request ${id}`}>
      <header>
        <h3>
          <Foreign text={approval.kind} />, class <ActionClass of={approval.class} />
        </h3>
        <span>
          <Foreign text={agent} /> <span class="quiet">request {id}</span>
        </span>
        <b>
          <Left until={expires_at} over="over" />
        </b>
      </header>
      <Words words={approval.argv} />
      {diff.map((change, i) => (
        <Diff key={i} change={change} />
      ))}
      <Facts facts={factsOf(approval)} />
      {state === 'pending' ? <Decide approval={approval} /> : <Approved approval={approval} />}
    </article>
  )
}

/** Each word by itself: a shell would read a line otherwise than the words that it was made of. */
const Words = ({ words }: { readonly words: readonly string[] }) => (
  <ol class="argv" start={0} aria-label="The exact words">
    {words.map((word, i) => (
      <li key={i}>
        <Code text={word} />
      </li>
    ))}
  </ol>
)

function factsOf(approval: ApprovalShape) {
  const { risk, risks, cwd, env, binds, input, target, requested_by, action, why, task, hash } = approval
  const isHere = target.node_id === status.value?.node_id
  const variables = Object.entries(env)
  return {
    Who: requested_by,
    Tool: action,
    Machine: isHere ? (
      `this one, ${status.value?.name}`
    ) : (
      <span title={target.node_id}>
        another one, <code>{formatFingerprint(target.fingerprint)}</code>
      </span>
    ),
    Directory: <Code text={cwd} />,
    Variables:
      variables.length === 0 ? (
        'none of its own'
      ) : (
        <ul class="bare">
          {variables.map(([name, value]) => (
            <li key={name}>
              <Code text={`${name}=${value}`} />
            </li>
          ))}
        </ul>
      ),
    Sees:
      binds.length === 0 ? (
        'no places of the machine, if it runs in a jail'
      ) : (
        <ul class="bare">
          {binds.map(({ path, write }) => (
            <li key={path}>
              <Code text={path} /> {write ? <b class="bad">may change it</b> : 'reads'}
            </li>
          ))}
        </ul>
      ),
    Runs: (
      <ul class="bare">
        {approval.code.map(({ path, bytes, content }) => (
          <li key={path}>
            <Code text={path} /> {bytes === null ? '' : `${bytes} bytes, `}
            <Foreign text={content.slice(0, 40)} />
          </li>
        ))}
      </ul>
    ),
    Input: input && <Text text={input} />,
    Class: (
      <span>
        by its kind, reach and words; risk of its words:{' '}
        {risk === 'safe' ? 'none found' : <Risk level={risk} />}
        {risks.map((one) => (
          <span key={one}>
            {' '}
            <Foreign text={one} />
          </span>
        ))}
      </span>
    ),
    Why: why && (
      <span>
        <Foreign text={why} /> <span class="quiet">(in its own words)</span>
      </span>
    ),
    Task: task,
    Hash: <code>{hash.replace(/(.{16})/g, '$1 ')}</code>,
    Asked: <Time at={approval.created_at} />,
  }
}

const Text = ({ text }: { readonly text: string }) => (
  <pre class="text">
    {text.split('\n').map((line, i) => (
      <span key={i}>
        <Foreign text={line} />
        {'\n'}
      </span>
    ))}
  </pre>
)

const Approved = ({ approval: { scope: how, expires_at } }: { readonly approval: ApprovalShape }) => (
  <p class="note">
    Approved {how === 'task' ? 'for this task' : 'once'}, until <Time at={expires_at} as="clock" />.
  </p>
)

/** Why this page cannot approve now; undefined: it can. */
const lockedBecause = (): string | undefined =>
  noJail() ??
  (scope.value === 'approve' ? undefined : 'This page was not opened from a terminal that may approve')

function Decide({ approval }: { readonly approval: ApprovalShape }) {
  const [reason, setReason] = useState('')
  const { id, hash } = approval
  const approve = async (how: 'once' | 'task'): Promise<void> => {
    const said = reason === '' ? {} : { reason }
    await client.call(decideApproval, { body: { id, approve: true, hash, scope: how, ...said } })
    inbox.value.again()
  }
  const refuse = async (): Promise<void> => {
    await deny(approval, reason)
    inbox.value.again()
  }
  const confirm = 'Exactly this: press again'
  return (
    <footer class="actions">
      <input
        aria-label={`Reason for the decision about ${id}`}
        placeholder="Reason, for the log"
        maxLength={REASON_MAX}
        value={reason}
        onInput={({ currentTarget }) => setReason(currentTarget.value)}
      />
      <Act
        kind="main"
        confirm={confirm}
        locked={lockedBecause()}
        run={() => approve('once')}
        label={`Approve once, request ${id}`}
      >
        Approve once
      </Act>
      {approval.class !== 'critical' && (
        <Act
          confirm={confirm}
          locked={lockedBecause()}
          run={() => approve('task')}
          label={`For this task, approve request ${id}`}
        >
          For this task
        </Act>
      )}
      <Act kind="danger" run={refuse} label={`Deny request ${id}`}>
        Deny
      </Act>
    </footer>
  )
}

const CLASS_TONES = {
  critical: 'critical',
  high: 'high',
  medium: 'moderate',
  low: 'safe',
  green: 'safe',
} as const

/** How dangerous the action is, by its word and not by its colour alone. */
export const ActionClass = ({ of }: { readonly of: ApprovalShape['class'] }) => (
  <span class={`class risk-${CLASS_TONES[of]}`}>{of}</span>
)
