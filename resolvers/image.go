package resolvers

import (
	"context"

	"souk/graph/model"
	"souk/loaders"
	"souk/store"
)

// imagesAdded finishes the addition of pictures: the product, and the pictures
// loaded by one statement.
func imagesAdded(ctx context.Context, id store.ProductID, added []store.ImageID, err error) (*model.ImagesAddPayload, error) {
	changed, err := payload(ctx, loaders.For(ctx).Product, id, err)
	if err != nil {
		return nil, err
	}
	all := &model.ImagesAddPayload{Product: changed.Object, Images: []*store.Image{}, UserErrors: changed.UserErrors}
	if len(all.UserErrors) == 0 {
		found, err := loaders.All(ctx, loaders.For(ctx).Image, added)
		if err != nil {
			return nil, saved(err)
		}
		for _, image := range found {
			if image != nil { // removed since, when this is a repetition
				all.Images = append(all.Images, image)
			}
		}
	}
	return loaders.Deliver(ctx, all), nil
}

// imagesRemoved finishes the removal of a product's images.
func imagesRemoved(input store.ImagesRemove, product *model.Payload[store.Product], err error) (*model.ImagesRemovePayload, error) {
	if err != nil {
		return nil, err
	}
	all := &model.ImagesRemovePayload{Product: product.Object, DeletedImageIds: []store.ImageID{}, UserErrors: product.UserErrors}
	if len(all.UserErrors) == 0 {
		all.DeletedImageIds = input.ImageIDs
	}
	return all, nil
}
