// A QR code of a short text, drawn by a part that is loaded when it is first needed.
import { useEffect, useState } from 'preact/hooks'

/** Modules of light around the code, without which cameras do not find it. */
const QUIET = 4

/** `says` is what a camera reads; it has to stand beside the code as text, for everybody without a camera. */
export function Qr({ says, label }: { readonly says: string; readonly label: string }) {
  const [rows, setRows] = useState<readonly (readonly boolean[])[]>()
  useEffect(() => {
    let isGone = false
    import('uqr').then(
      ({ encode }) => !isGone && setRows(encode(says, { border: QUIET }).data),
      // Without it the text beside it is compared.
      () => {},
    )
    return () => {
      isGone = true
    }
  }, [says])
  const size = rows?.length ?? 1
  const path = (rows ?? [])
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : '')))
    .join('')
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <path d={path} />
    </svg>
  )
}
