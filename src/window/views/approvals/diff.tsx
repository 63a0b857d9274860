// What a request would change in a file, as a unified diff; each line says by a sign and by its colour what it is.
import { useState } from 'preact/hooks'
import type { ApprovalShape } from '../../../api/contract/shapes.ts'
import { Scroll } from '../../parts/scroll.tsx'
import { Code, counted, Foreign, number } from '../../parts/words.tsx'

/** Lines that are drawn at first; the rest comes on demand, so that a large diff does not hold up the page. */
const LINES_AT_FIRST = 400

const LOOKS = { '+': 'added', '-': 'removed', '@': 'place' } as const

export function Diff({ change: { path, diff, note } }: { readonly change: ApprovalShape['diff'][number] }) {
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
