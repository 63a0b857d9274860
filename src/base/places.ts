// Where two machines with one key were seen, in words: `10.50.0.7 and 10.50.0.3`.

/** `places`: each the addresses of one machine, `ip:port` with commas. Ports are told where the addresses alone do not differ. */
export function placesInWords(places: readonly string[]): string {
  const all = [...new Set(places)]
  const short = all.map((place) => place.split(', ').map(withoutPort).join(', '))
  return (new Set(short).size === all.length ? short : all).join(' and ')
}

const withoutPort = (address: string): string => address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
