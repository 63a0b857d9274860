// A dialog of the browser's own: it holds the focus, closes with Escape, and gives the focus back.
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

import { Foreign } from './words.tsx'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const place = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    place.current?.showModal()
  }, [])
  return (
    <dialog ref={place} aria-labelledby={id} onClose={onClose}>
      <header>
        <h2 id={id}>
          <Foreign text={title} />
        </h2>
        <button type="button" class="small" onClick={() => place.current?.close()}>
          Close <kbd>Esc</kbd>
        </button>
      </header>
      {children}
    </dialog>
  )
}
