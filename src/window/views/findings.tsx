// What this person's `karo doctor` found last, with the commands that mend it.
import { getFindings } from '../../api/contract/operations/doctor.ts'
import type { FindingsShape } from '../../api/contract/shapes.ts'
import { Command, Panel, Shown } from '../parts/panel.tsx'
import { counted, Foreign, State, Time } from '../parts/words.tsx'
import { useAnswer } from '../state/asked.ts'

type Finding = FindingsShape['checks'][number]

export function Findings() {
  const asked = useAnswer(getFindings, ['health_changed', 'config_reloaded'])
  return (
    <Panel title="What karo doctor found" wide note={<Ran findings={asked.data} />}>
      <Shown
        asked={asked}
        empty={({ at }) =>
          at === null ? (
            <>
              <p>It has not run since the daemon started. It looks at the machine, which this page cannot.</p>
              <p>
                <Command text="karo doctor" />
              </p>
            </>
          ) : undefined
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
