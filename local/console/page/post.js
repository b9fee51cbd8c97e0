// Posts to the console's own server; where it does not answer, that is told as an error of the API would be.

export async function post(address, value) {
  try {
    const reply = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(value),
    });
    return await reply.json();
  } catch {
    const errors = [{ detail: "The console does not answer: is make local still running? Sending again is safe." }];
    return { errors, body: { errors } };
  }
}
