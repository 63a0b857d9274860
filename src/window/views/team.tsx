// Team: what the machines of one's team say, where their people agreed: tools, safety and hours, each machine by itself.
import { useState } from 'preact/hooks'
import { getPolicy } from '../../api/contract/operations/policy.ts'
import { postQuery } from '../../api/contract/operations/query.ts'
import type { QueryResult } from '../../api/contract/shapes.ts'
import { Act, counted, Foreign, Group, Panel, Shown } from '../parts/index.ts'
import { client, useAnswer } from '../state/index.ts'
import { lastDays } from './last-days.ts'
import { Answer } from './result.tsx'
import { Nodes, Whose } from './whose.tsx'

const PARTS = {
  ToolUsage: 'Tools',
  SafetyPosture: 'Safety',
  ActivityPatterns: 'Hours and weekdays',
} as const
type Part = keyof typeof PARTS

export function Team() {
  const asked = useAnswer(getPolicy, ['trust_changed'])
  return (
    <Shown
      asked={asked}
      empty={({ teams }) =>
        teams.length === 0 && (
          <p>
            This machine is in no team. An administrator puts it into one: its certificate or its
            configuration says so.
          </p>
        )
      }
    >
      {({ teams }) => teams.map((team) => <One key={team} team={team} />)}
    </Shown>
  )
}

function One({ team }: { readonly team: string }) {
  const [results, setResults] = useState<readonly QueryResult[]>([])
  const ask = async (): Promise<void> => {
    const range = lastDays(7)
    const asking = (Object.keys(PARTS) as Part[]).map((query_type) =>
      client.call(postQuery, { body: { query_type, team, per_node: true, range }, deadlineMs: 65_000 }),
    )
    setResults(await Promise.all(asking))
  }
  const [first] = results
  const ofAll = first?.notes.filter((note) => results.every(({ notes }) => notes.includes(note))) ?? []
  const partOf = (result: QueryResult) => (
    <Panel key={result.query_id} title={PARTS[result.query_type as Part]} wide>
      <Answer result={{ ...result, notes: result.notes.filter((note) => !ofAll.includes(note)) }} />
      {result.nodes !== undefined && result.nodes.length > 0 && <Nodes nodes={result.nodes} />}
    </Panel>
  )
  return (
    <>
      <Panel
        title={`The team ${team}`}
        wide
        note="Of the last seven days. Every machine that is asked notes the question in its ledger, so this view asks only when you press the button."
        actions={
          <Act kind="main" run={ask}>
            Ask the team
          </Act>
        }
      >
        {first === undefined ? (
          <p class="empty">The team has not been asked yet.</p>
        ) : (
          <p>
            {counted(first.coverage.answered, 'machine')} of {first.coverage.known} answered
            {first.coverage.denied > 0 && `, ${first.coverage.denied} did not agree`}.{' '}
            <Foreign text={ofAll.join(' ')} />
          </p>
        )}
      </Panel>
      {first !== undefined && (
        <>
          <Group>{results.slice(0, 2).map(partOf)}</Group>
          <Group>
            {results.slice(2).map(partOf)}
            <Whose result={first} />
          </Group>
        </>
      )}
    </>
  )
}
