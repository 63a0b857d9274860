// The command palette: everything the page can do, found by a few letters; and the list of keys.
import { useMemo, useState } from 'preact/hooks'
import { go, leave, leaveDialog, opened, refresh } from '../state/index.ts'
import type { View } from '../views/index.ts'
import { Dialog } from './dialog.tsx'

interface Choice {
  readonly name: string
  readonly says: string
  readonly keys: string
  readonly run: () => void
}

const choicesOf = (views: readonly View[]): readonly Choice[] => [
  ...views.map(({ id, name, key, says }) => ({ name, says, keys: `g ${key}`, run: () => go(id) })),
  { name: 'Refresh', says: 'load everything again', keys: 'r', run: refresh },
  { name: 'Print', says: 'print this view, or save it as PDF', keys: '', run: () => print() },
  { name: 'Keys', says: 'list the keyboard shortcuts', keys: '?', run: () => (opened.value = 'keys') },
  {
    name: 'End session',
    says: 'close this page; karo dashboard opens a new one',
    keys: '',
    run: () => void leave(),
  },
]

/** Places of one view that the palette lists, so that its list stays short enough to read. */
const PLACES_MAX = 200

/** Every button and field of the view below: to be chosen goes there, and does not press it. */
function placesOf(view: Element | null): readonly Choice[] {
  const places = new Map<string, Choice>()
  const found = view?.querySelectorAll<HTMLElement>('button, input, select, textarea, summary') ?? []
  for (const place of [...found].slice(0, PLACES_MAX)) {
    const name = nameOf(place)
    if (name === '' || place.matches(':disabled')) continue
    const run = (): void => {
      // Behind the closing dialog, which gives the focus back to where it was.
      setTimeout(() => {
        place.scrollIntoView({ block: 'center' })
        place.focus()
      })
    }
    if (!places.has(name)) places.set(name, { name, says: 'go to it in this view', keys: '', run })
  }
  return [...places.values()]
}

/** What a screen reader calls it, or nearly so. */
function nameOf(place: HTMLElement): string {
  const label = 'labels' in place ? (place.labels as NodeListOf<HTMLLabelElement> | null)?.[0] : undefined
  // The label of a choice holds the choices too; its own words are beside them.
  const own = [...(label?.childNodes ?? [])].filter((node) => node.nodeType === Node.TEXT_NODE)
  const words = own.length > 0 ? own.map((node) => node.textContent).join(' ') : place.textContent
  return (place.getAttribute('aria-label') ?? words ?? '').trim()
}

const COMBOBOX = { role: 'combobox', list: undefined, 'aria-expanded': true } as const

export function Palette({ views }: { readonly views: readonly View[] }) {
  const [words, setWords] = useState('')
  const [chosen, setChosen] = useState(0)
  const places = useMemo(() => placesOf(document.querySelector('main')), [])
  const choices = [...choicesOf(views), ...places].filter(({ name, says }) =>
    words
      .toLowerCase()
      .split(/\s+/)
      .every((word) => `${name} ${says}`.toLowerCase().includes(word)),
  )
  const at = Math.min(chosen, choices.length - 1)
  const close = (): void => leaveDialog('palette')
  const run = (choice: Choice | undefined): void => {
    if (choice === undefined) return
    close()
    choice.run()
  }
  const onKey = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (event.key === 'Enter') run(choices[at])
    else if (step !== undefined && choices.length > 0)
      setChosen((at + step + choices.length) % choices.length)
    else return
    event.preventDefault()
  }
  return (
    <Dialog title="Views and actions" onClose={close}>
      <input
        type="search"
        autoFocus
        {...COMBOBOX}
        aria-label="Search views and actions"
        aria-controls="choices"
        aria-activedescendant={choices.length > 0 ? `choice-${at}` : undefined}
        placeholder="mesh, verify, search, refresh …"
        value={words}
        onInput={({ currentTarget }) => {
          setWords(currentTarget.value)
          setChosen(0)
        }}
        onKeyDown={onKey}
      />
      <div id="choices" role="listbox" aria-label="Choices" class="choices">
        {choices.map((choice, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and the keys.
          <div
            key={choice.name}
            id={`choice-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={i === at}
            onClick={() => run(choice)}
          >
            <b>{choice.name}</b> <span class="quiet">{choice.says}</span>
            {choice.keys !== '' && <kbd>{choice.keys}</kbd>}
          </div>
        ))}
      </div>
      {choices.length === 0 && <p class="empty">Nothing fits these words.</p>}
    </Dialog>
  )
}

export const Keys = ({ views }: { readonly views: readonly View[] }) => (
  <Dialog title="Keys" onClose={() => leaveDialog('keys')}>
    <dl class="facts keys">
      {[
        ...views.map(({ name, key }) => [`g ${key}`, name] as const),
        ['Ctrl K  or  /', 'Search views and actions'] as const,
        ['j  or  k', 'Next or previous part of the view'] as const,
        ['r', 'Refresh'] as const,
        ['?', 'This list'] as const,
        ['Esc', 'Close a dialog'] as const,
      ].map(([keys, does]) => (
        <div key={keys}>
          <dt>
            <kbd>{keys}</kbd>
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  </Dialog>
)
