// A map of machines around this one: near those that it is linked with, farther those that it reaches through others.
import type { ComponentChildren } from 'preact'

export interface Place {
  readonly id: string
  readonly name: string
  /** How it is reached: 0 directly, 1 through others, 2 not now. */
  readonly ring: 0 | 1 | 2
}

const SIZE = 640
const MIDDLE = SIZE / 2
/** Distance of each ring from the middle. */
const RADII = [120, 215, 290] as const
/** A ring with more machines than this shows no names: they would lie on each other. */
const NAMES_MAX = 24
const NAME_CHARS = 14

interface MapProps {
  readonly caption: string
  readonly here: string
  readonly places: readonly Place[]
  readonly children: ComponentChildren
}

/** `children` explain the rings. The same facts have to stand in a table beside it: the drawing is for eyes alone. */
export function ReachMap({ caption, here, places, children }: MapProps) {
  const rings = ([0, 1, 2] as const).map((ring) => places.filter((place) => place.ring === ring))
  return (
    <figure class="map">
      <svg viewBox={`0 0 ${SIZE} ${SIZE}`} role="img" aria-label={caption}>
        {rings.map(
          (ring, at) =>
            ring.length > 0 && (
              <circle key={`ring ${at}`} class="orbit" cx={MIDDLE} cy={MIDDLE} r={RADII[at as 0 | 1 | 2]} />
            ),
        )}
        {rings.map((ring) =>
          ring.map((place, i) => <Spot key={place.id} place={place} at={i} of={ring.length} />),
        )}
        <circle class="spot here" cx={MIDDLE} cy={MIDDLE} r={14} />
        <text x={MIDDLE} y={MIDDLE + 32}>
          {here}
        </text>
      </svg>
      <figcaption class="quiet">{children}</figcaption>
    </figure>
  )
}

function Spot({ place, at, of }: { readonly place: Place; readonly at: number; readonly of: number }) {
  const { ring, name } = place
  // Each ring begins at another angle, so that names of neighbouring rings do not lie on each other.
  const angle = (2 * Math.PI * at) / of - Math.PI / 2 + ring * 0.35
  const x = MIDDLE + RADII[ring] * Math.cos(angle)
  const y = MIDDLE + RADII[ring] * Math.sin(angle)
  return (
    <g class={`ring-${ring}`}>
      {ring === 0 && <line class="edge" x1={MIDDLE} y1={MIDDLE} x2={x} y2={y} />}
      <circle class="spot" cx={x} cy={y} r={of > NAMES_MAX ? 5 : 9}>
        <title>{name}</title>
      </circle>
      {of <= NAMES_MAX && (
        <text x={x} y={y + 24}>
          {[...name].length > NAME_CHARS ? `${[...name].slice(0, NAME_CHARS - 1).join('')}…` : name}
        </text>
      )}
    </g>
  )
}
