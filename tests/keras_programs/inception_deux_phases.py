# InceptionV3 sur de nouvelles classes, en deux phases : la tête d'abord, puis les derniers blocs.
from keras.applications.inception_v3 import InceptionV3
from keras.layers import Dense, GlobalAveragePooling2D
from keras.models import Model
from keras.preprocessing.image import ImageDataGenerator

base_model = InceptionV3(weights='imagenet', include_top=False)

x = base_model.output
x = GlobalAveragePooling2D()(x)
x = Dense(64, activation='relu')(x)
predictions = Dense(2, activation='softmax')(x)
model = Model(inputs=base_model.input, outputs=predictions)

train_generator = ImageDataGenerator(rescale=1. / 127.5, horizontal_flip=True).flow_from_directory(
    'data/train', target_size=(96, 96), batch_size=4)

# Première phase : seulement les couches ajoutées
for layer in base_model.layers:
    layer.trainable = False
model.compile(optimizer='rmsprop', loss='categorical_crossentropy')
print('phase 1 :', len(model.trainable_weights), 'tenseurs appris')
avant = base_model.get_layer('mixed10').name, base_model.layers[1].get_weights()[0].copy()
model.fit_generator(train_generator, steps_per_epoch=2, epochs=1, verbose=2)
print('base inchangée :', (base_model.layers[1].get_weights()[0] == avant[1]).all())

for i, layer in enumerate(base_model.layers):
    if layer.name.startswith('mixed'):
        print(i, layer.name)

# Seconde phase : les deux derniers blocs Inception aussi
for layer in model.layers[:249]:
    layer.trainable = False
for layer in model.layers[249:]:
    layer.trainable = True

from keras.optimizers import SGD

model.compile(optimizer=SGD(lr=0.0001, momentum=0.9), loss='categorical_crossentropy')
print('phase 2 :', len(model.trainable_weights), 'tenseurs appris')
model.fit_generator(train_generator, steps_per_epoch=2, epochs=1, verbose=2)
print('couches :', len(model.layers))
