// A map of machines around this one: near those that it is linked with, farther those that it reaches through others.
import type { ComponentChildren } from 'preact'

export interface Place {
  readonly id: string
  readonly name: string
  /** How it is reached: 0 directly, 1 through others, 2 not now. */
  readonly ring: 0 | 1 | 2
  /** Ids of the places that it says it is linked with. */
  readonly links: readonly string[]
}

/** Distance of the nearest ring from the middle, and of each ring from the one before. */
const NEAREST = 120
const APART = 75
/** Room for names around the outermost ring. */
const MARGIN = 70
/** Distance of a name from its spot. */
const BESIDE = 18
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
  const rings = ([0, 1, 2] as const)
    .map((ring) => places.filter((place) => place.ring === ring))
    .filter((ring) => ring.length > 0)
    .map((of, i) => ({ radius: NEAREST + i * APART, spots: spotsOf(of, i) }))
  const spots = new Map(rings.flatMap(({ spots: own }) => own.map((spot) => [spot.id, spot] as const)))
  const half = (rings.at(-1)?.radius ?? NEAREST) + MARGIN
  return (
    <figure class="map">
      <svg viewBox={`${-half} ${-half} ${2 * half} ${2 * half}`} role="img" aria-label={caption}>
        {rings.map(({ radius }) => (
          <circle key={radius} class="orbit" r={radius} />
        ))}
        <path class="told" d={between(spots)} />
        {rings.map(({ spots: own }) =>
          own.map((spot) => <Spot key={spot.id} spot={spot} isNamed={own.length <= NAMES_MAX} />),
        )}
        <circle class="spot" r={14} />
        <text class="middle" y={36}>
          {here}
        </text>
      </svg>
      <figcaption class="quiet">{children}</figcaption>
    </figure>
  )
}

interface Spotted extends Place {
  readonly x: number
  readonly y: number
  /** Part of the radius to the right, −1 to 1, and downwards. */
  readonly across: number
  readonly down: number
}

const spotsOf = (places: readonly Place[], ring: number): readonly Spotted[] =>
  places.map((place, i) => {
    // Each ring begins at another angle, so that names of neighbouring rings do not lie on each other.
    const angle = (2 * Math.PI * i) / places.length - Math.PI / 2 + ring * 0.35
    const [across, down, radius] = [Math.cos(angle), Math.sin(angle), NEAREST + ring * APART]
    return { ...place, across, down, x: radius * across, y: radius * down }
  })

/** Lines between places, as one element: there can be two thousand. Those who name each other have one line. */
function between(spots: ReadonlyMap<string, Spotted>): string {
  const drawn = new Set<string>()
  const lines: string[] = []
  for (const { id, x, y, links } of spots.values())
    for (const link of links) {
      const other = spots.get(link)
      if (other === undefined || drawn.has(`${link} ${id}`)) continue
      drawn.add(`${id} ${link}`)
      lines.push(`M${Math.round(x)} ${Math.round(y)}L${Math.round(other.x)} ${Math.round(other.y)}`)
    }
  return lines.join('')
}

interface SpotProps {
  readonly spot: Spotted
  readonly isNamed: boolean
}

function Spot({ spot: { ring, name, x, y, across, down }, isNamed }: SpotProps) {
  const side = across > 0.3 ? 'after' : across < -0.3 ? 'before' : 'middle'
  return (
    <g class={`ring-${ring}`}>
      {ring === 0 && <line class="edge" x1={0} y1={0} x2={x} y2={y} />}
      <circle class="spot" cx={x} cy={y} r={isNamed ? 9 : 5}>
        <title>{name}</title>
      </circle>
      {isNamed && (
        <text class={side} x={x + BESIDE * across} y={y + (BESIDE + 4) * down + 5}>
          {[...name].length > NAME_CHARS ? `${[...name].slice(0, NAME_CHARS - 1).join('')}…` : name}
        </text>
      )}
    </g>
  )
}
