// Ask: a question to the mesh, how many machines have answered so far, and the result as chart and table.
import { useRef, useState } from 'preact/hooks'
import type { Problem } from '../../api/contract/client/page.ts'
import { postQuery } from '../../api/contract/operations/query.ts'
import type { AskedType, QueryResult } from '../../api/contract/shapes.ts'
import { Choice, counted, Panel, plain, Trouble } from '../parts/index.ts'
import { client, forget, isLocked, noted, type Question, questions, save } from '../state/index.ts'
import { lastDays } from './last-days.ts'
import { Result } from './result.tsx'
import { TITLES } from './titles.ts'

const DAYS = [1, 7, 30, 90]
const LEVELS = [
  ['', 'as trust gives'],
  ['1', '1: each machine that consents'],
  ['2', '2: totals of many'],
] as const
const isAsked = (type: string): type is AskedType => Object.hasOwn(TITLES, type)

type Coverage = QueryResult['coverage']

export function Ask() {
  const [question, setQuestion] = useState<Question>({
    type: 'ToolUsage',
    days: 7,
    team: '',
    level: '',
    perNode: false,
  })
  const [coverage, setCoverage] = useState<Coverage>()
  const [result, setResult] = useState<QueryResult>()
  const [problem, setProblem] = useState<Problem>()
  const [asking, setAsking] = useState<AbortController>()
  const newest = useRef<AbortController | undefined>(undefined)

  const ask = async (wanted: Question): Promise<void> => {
    newest.current?.abort(new Error('another question was asked'))
    const ending = new AbortController()
    newest.current = ending
    setAsking(ending)
    setProblem(undefined)
    setResult(undefined)
    setCoverage(undefined)
    try {
      for await (const line of client.lines(postQuery, { body: bodyOf(wanted), signal: ending.signal })) {
        if (ending.signal.aborted) return
        if (line.type === 'progress') setCoverage(line.coverage)
        else if (line.type === 'result') setResult(line.result)
        else setProblem({ ...line.error, hint: line.error.hint })
      }
    } catch (error) {
      if (ending.signal.aborted) return
      setProblem(noted(error))
    } finally {
      if (newest.current === ending) setAsking(undefined)
    }
  }
  const stop = (): void => {
    asking?.abort(new Error('you stopped it'))
    setAsking(undefined)
  }
  return (
    <>
      <Panel title="Question" wide>
        <Form question={question} setQuestion={setQuestion} ask={ask} stop={asking && stop} />
        {asking !== undefined && <Progress coverage={coverage} />}
        {problem !== undefined && <Trouble problem={problem} again={() => void ask(question)} />}
      </Panel>
      <Saved
        choose={(one) => {
          setQuestion(one)
          void ask(one)
        }}
      />
      {result !== undefined && <Result result={result} />}
    </>
  )
}

function bodyOf({ type, days, team, level, perNode }: Question) {
  return {
    query_type: isAsked(type) ? type : ('ToolUsage' as const),
    range: lastDays(days),
    ...(team.trim() !== '' && { team: team.trim() }),
    ...(level !== '' && { level: level === '1' ? (1 as const) : (2 as const) }),
    ...(perNode && { per_node: true }),
  }
}

interface FormProps {
  readonly question: Question
  readonly setQuestion: (question: Question) => void
  readonly ask: (question: Question) => Promise<void>
  /** Undefined while nothing is asked. */
  readonly stop: (() => void) | undefined
}

function Form({ question, setQuestion, ask, stop }: FormProps) {
  const { type, days, team, level, perNode } = question
  const set = (part: Partial<Question>): void => setQuestion({ ...question, ...part })
  return (
    <form
      class="filters"
      onSubmit={(event) => {
        event.preventDefault()
        void ask(question)
      }}
    >
      <Choice
        label="About"
        value={type}
        choices={Object.entries(TITLES).map(([one, [says = '']]) => [one, says])}
        onChoose={(type) => set({ type })}
      />
      <Choice
        label="In the last"
        value={days}
        choices={DAYS.map((one) => [one, counted(one, 'day')])}
        onChoose={(days) => set({ days })}
      />
      <label>
        Team{' '}
        <input
          value={team}
          maxLength={64}
          placeholder="all"
          onInput={({ currentTarget }) => set({ team: currentTarget.value })}
        />
      </label>
      <Choice label="Level" value={level} choices={LEVELS} onChoose={(level) => set({ level })} />
      <label>
        <input
          type="checkbox"
          checked={perNode}
          onChange={({ currentTarget }) => set({ perNode: currentTarget.checked })}
        />{' '}
        each machine too
      </label>
      <span class="actions">
        {stop === undefined ? (
          <button type="submit" class="main" disabled={isLocked.value}>
            Ask
          </button>
        ) : (
          <button type="button" onClick={stop}>
            Stop
          </button>
        )}
        <button type="button" onClick={() => save(question)}>
          Save
        </button>
      </span>
    </form>
  )
}

const Progress = ({ coverage }: { readonly coverage: Coverage | undefined }) => (
  <p class="progress" role="status">
    <progress
      aria-label="Machines that answered"
      max={coverage?.known || 1}
      value={coverage === undefined ? undefined : coverage.known - coverage.unreachable}
    />{' '}
    {coverage === undefined
      ? 'Asking …'
      : `${coverage.answered} of ${counted(coverage.known, 'machine')} answered${coverage.denied > 0 ? `, ${coverage.denied} refused` : ''}`}
  </p>
)

function Saved({ choose }: { readonly choose: (question: Question) => void }) {
  if (questions.value.length === 0) return null
  return (
    <Panel title="Saved questions" note="Kept in this browser.">
      <ul class="list">
        {questions.value.map((one) => (
          <li key={JSON.stringify(one)}>
            <button type="button" class="link" onClick={() => choose(one)}>
              {isAsked(one.type) ? TITLES[one.type][0] : plain(one.type)}, {counted(one.days, 'day')}
              {one.team !== '' && `, team ${one.team}`}
              {one.level !== '' && `, level ${one.level}`}
            </button>
            <button type="button" class="small" onClick={() => forget(one)}>
              Forget
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
