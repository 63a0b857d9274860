// A part of the page whose code is loaded when it is first shown.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Loading } from './panel.tsx'

/** Until the code is there, the same stands in its place as where an answer is awaited. */
export function later(load: () => Promise<ComponentType>): ComponentType {
  let Loaded: ComponentType | undefined
  return () => {
    const [, setLoaded] = useState(false)
    const [isBroken, setBroken] = useState(false)
    useEffect(() => {
      if (Loaded !== undefined) return
      load().then(
        (View) => {
          Loaded = View
          setLoaded(true)
        },
        () => setBroken(true),
      )
    }, [])
    if (Loaded !== undefined) return <Loaded />
    if (!isBroken) return <Loading />
    return (
      <p class="note bad" role="status">
        This part of the page could not be loaded. Load the page again.
      </p>
    )
  }
}
