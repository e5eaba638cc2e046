// Asking for what the page can do without.

/**
 * @param {string} url
 * @param {HeadersInit} [headers]
 * @returns {Promise<any>} what the JSON says, null when there is no answer
 */
export async function fetchQuietly(url, headers) {
  try {
    const response = await fetch(url, { headers });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
