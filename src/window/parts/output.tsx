// The place of a terminal-like view, whose code is loaded when it is first needed.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { OutputProps } from './types.ts'

export function Output(props: OutputProps) {
  const [loaded, setLoaded] = useState<{ readonly View: ComponentType<OutputProps> }>()
  const [isBroken, setBroken] = useState(false)
  useEffect(() => {
    let isGone = false
    import('./terminal.tsx').then(
      ({ Terminal }) => !isGone && setLoaded({ View: Terminal }),
      () => !isGone && setBroken(true),
    )
    return () => {
      isGone = true
    }
  }, [])
  if (loaded !== undefined) return <loaded.View {...props} />
  return (
    <div class="terminal empty" role="status">
      {isBroken
        ? 'The part of the page that shows output could not be loaded. Load the page again.'
        : 'Loading'}
    </div>
  )
}
