/** Short sounds, made by the browser itself: heard with the eyes on the shelf. */

const TUNES = {
    ok: {type: "sine", notes: [[1320, 0, 0.07]]},
    done: {
        type: "sine",
        notes: [
            [880, 0, 0.09],
            [1320, 0.1, 0.16],
        ],
    },
    end: {
        type: "sine",
        notes: [
            [660, 0, 0.1],
            [880, 0.11, 0.1],
            [1320, 0.22, 0.25],
        ],
    },
    refused: {
        type: "square",
        notes: [
            [180, 0, 0.18],
            [140, 0.22, 0.3],
        ],
    },
};
const VIBRATIONS = {ok: 30, done: [30, 40, 30], end: [60, 40, 60], refused: [200, 80, 200]};

let context = null;

export function play(name, isOn = true) {
    // Browsers let a page vibrate or sound only after a touch or a key.
    if (!isOn || navigator.userActivation?.hasBeenActive === false) {
        return;
    }
    navigator.vibrate?.(VIBRATIONS[name]);
    const Context = window.AudioContext || window.webkitAudioContext;
    if (!Context) {
        return;
    }
    context ??= new Context();
    const {type, notes} = TUNES[name];
    for (const [pitch, start, length] of notes) {
        const tone = context.createOscillator();
        const volume = context.createGain();
        tone.type = type;
        tone.frequency.value = pitch;
        volume.gain.setValueAtTime(name === "refused" ? 0.25 : 0.4, context.currentTime + start);
        volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + start + length);
        tone.connect(volume).connect(context.destination);
        tone.start(context.currentTime + start);
        tone.stop(context.currentTime + start + length);
    }
}
