/**
 * What is wrong with the address of an endpoint, or undefined. The address itself is not repeated: it may hold a
 * password.
 */
export function httpUrlFault(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    return 'expected an http or https URL'
  }
  if (url.username !== '' || url.password !== '') return 'expected a URL without user name and password'
  return undefined
}
