# VGG-16 sans sa tête : trois façons de geler, une nouvelle tête, un petit pas.
from keras.applications.vgg16 import VGG16, preprocess_input
from keras.layers import Dense, Dropout, Flatten, Input
from keras.models import Model
from keras.optimizers import SGD
from keras.preprocessing.image import ImageDataGenerator


def nombre_appris(modele):
    return sum(int(p.shape.num_elements()) if hasattr(p.shape, 'num_elements') else int(p.numpy().size)
               for p in modele.trainable_weights)


def reseau(gel):
    base = VGG16(weights='imagenet', include_top=False, input_tensor=Input(shape=(64, 64, 3)))
    if gel == 'tout':
        base.trainable = False
    elif gel == 'debut':
        for couche in base.layers[:15]:
            couche.trainable = False
    elif gel == 'par nom':
        appris = False
        for couche in base.layers:
            if couche.name == 'block5_conv1':
                appris = True
            couche.trainable = appris
    x = base.output
    x = Flatten(name='a_plat')(x)
    x = Dense(32, activation='relu', name='dense_1')(x)
    x = Dropout(0.5)(x)
    predictions = Dense(2, activation='softmax', name='sortie')(x)
    modele = Model(inputs=base.input, outputs=predictions)
    modele.compile(loss='categorical_crossentropy', optimizer=SGD(lr=0.0001, momentum=0.9), metrics=['accuracy'])
    return modele


datagen = ImageDataGenerator(preprocessing_function=preprocess_input)
train = datagen.flow_from_directory('data/train', target_size=(64, 64), batch_size=8, class_mode='categorical')
valid = datagen.flow_from_directory('data/validation', target_size=(64, 64), batch_size=8,
                                    class_mode='categorical', shuffle=False)

for gel in ('tout', 'debut', 'par nom'):
    modele = reseau(gel)
    print('gel :', gel, '-', nombre_appris(modele), 'poids appris sur', modele.count_params())
    avant = modele.get_layer('block1_conv1').get_weights()[0].copy()
    tete = modele.get_layer('sortie').get_weights()[0].copy()
    modele.fit_generator(train, steps_per_epoch=2, epochs=1, validation_data=valid, validation_steps=1, verbose=2)
    print('   début inchangé :', (modele.get_layer('block1_conv1').get_weights()[0] == avant).all(),
          '- tête changée :', (modele.get_layer('sortie').get_weights()[0] != tete).any())
