# Voir ce que fait un générateur d'images.
import os

import matplotlib.pyplot as plt
import numpy as np
from keras.preprocessing.image import ImageDataGenerator, array_to_img, img_to_array, load_img

datagen = ImageDataGenerator(
    rotation_range=40,
    width_shift_range=0.2,
    height_shift_range=0.2,
    shear_range=0.2,
    zoom_range=0.2,
    channel_shift_range=20,
    brightness_range=[0.8, 1.2],
    horizontal_flip=True,
    fill_mode='nearest')

dossier = 'data/train/chats'
photo = os.path.join(dossier, sorted(os.listdir(dossier))[0])
img = load_img(photo)
print('taille :', img.size, '- mode :', img.mode)
x = img_to_array(img)
print(x.shape, x.dtype)
x = x.reshape((1,) + x.shape)

os.makedirs('apercu', exist_ok=True)
i = 0
for batch in datagen.flow(x, batch_size=1, save_to_dir='apercu', save_prefix='chat', save_format='jpeg'):
    i += 1
    if i >= 5:
        break
print('images produites :', len(os.listdir('apercu')))

fig, axes = plt.subplots(1, 3)
for axe in axes:
    axe.imshow(array_to_img(datagen.random_transform(x[0])))
    axe.axis('off')
plt.show()

# Normaliser avec la moyenne et l'écart-type des images d'apprentissage
donnees = np.random.RandomState(0).randint(0, 256, (30, 12, 12, 3)).astype('float32')
normalise = ImageDataGenerator(featurewise_center=True, featurewise_std_normalization=True, validation_split=0.2)
normalise.fit(donnees)
etiquettes = np.arange(30) % 2
lot, y = next(normalise.flow(donnees, etiquettes, batch_size=24, subset='training', seed=1))
print('lot :', lot.shape, '- moyenne %.1f, écart-type %.1f' % (lot.mean(), lot.std()))
