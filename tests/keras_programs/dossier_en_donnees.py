# Des photos d'un dossier, la façon de 2021 : un jeu de données, et l'augmentation dans le réseau.
import tensorflow as tf
from tensorflow.keras import layers
from tensorflow.keras.models import Sequential

batch_size, hauteur, largeur = 8, 60, 60

train_ds = tf.keras.preprocessing.image_dataset_from_directory(
    'data/train', validation_split=0.25, subset='training', seed=123,
    image_size=(hauteur, largeur), batch_size=batch_size)
val_ds = tf.keras.utils.image_dataset_from_directory(
    'data/train', validation_split=0.25, subset='validation', seed=123,
    image_size=(hauteur, largeur), batch_size=batch_size)
class_names = train_ds.class_names
print(class_names)

for image_batch, labels_batch in train_ds:
    print(tuple(image_batch.shape), tuple(labels_batch.shape), image_batch[0].numpy().astype('uint8').dtype)
    break

AUTOTUNE = tf.data.AUTOTUNE
train_ds = train_ds.cache().shuffle(100).prefetch(buffer_size=AUTOTUNE)
val_ds = val_ds.cache().prefetch(buffer_size=AUTOTUNE)

augmentation = Sequential([
    layers.RandomFlip('horizontal', input_shape=(hauteur, largeur, 3)),
    layers.RandomRotation(0.1),
    layers.RandomZoom(0.1),
])
model = Sequential([
    augmentation,
    layers.Rescaling(1. / 255),
    layers.Conv2D(16, 3, padding='same', activation='relu'),
    layers.MaxPooling2D(),
    layers.Conv2D(32, 3, padding='same', activation='relu'),
    layers.MaxPooling2D(),
    layers.Dropout(0.2),
    layers.Flatten(),
    layers.Dense(32, activation='relu'),
    layers.Dense(len(class_names)),
])
model.compile(optimizer='adam',
              loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
              metrics=['accuracy'])
history = model.fit(train_ds, validation_data=val_ds, epochs=2, verbose=2)

for images, labels in val_ds.take(1):
    img_array = tf.expand_dims(images[0], 0)
predictions = model.predict(img_array)
score = tf.nn.softmax(predictions[0])
print('Sans doute :', class_names[int(tf.argmax(score))] in class_names, '- total %.2f' % float(sum(score)))
