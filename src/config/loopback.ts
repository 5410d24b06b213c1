/** How a program of this machine names the host of what listens on `bindAddress`, in a URL. */
export function reachableHost(bindAddress: string): string {
  if (bindAddress === '0.0.0.0') return '127.0.0.1'
  if (bindAddress === '::') return '[::1]'
  return bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress
}

/** Whether only programs of this machine reach an address. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
