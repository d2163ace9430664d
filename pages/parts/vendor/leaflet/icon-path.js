/* Markers look for their pictures beside this script instead of guessing from the style sheet. */
L.Icon.Default.imagePath = new URL('images/', document.currentScript ? document.currentScript.src : location.href).href;
