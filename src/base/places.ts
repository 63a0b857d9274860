// Says where two machines with the same key were seen: `10.50.0.7 and 10.50.0.3`.

/**
 * `places` has the addresses of one machine each, `ip:port` with commas. Ports are shown only if the addresses are the
 * same.
 */
export function placesInWords(places: readonly string[]): string {
  const all = [...new Set(places)]
  const short = all.map((place) => place.split(', ').map(withoutPort).join(', '))
  return (new Set(short).size === all.length ? short : all).join(' and ')
}

const withoutPort = (address: string): string => address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
