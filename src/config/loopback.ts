/** Whether only programs of this machine reach an address. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1'
}
