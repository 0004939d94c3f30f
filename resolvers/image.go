package resolvers

import (
	"context"

	"souk/graph/model"
	"souk/loaders"
	"souk/store"
)

// imagesAdded returns the payload of added images. It loads the images in one
// statement.
func imagesAdded(ctx context.Context, id store.ProductID, added []store.ImageID, err error) (*model.ImagesAddPayload, error) {
	problems, err := refused(err)
	if err != nil {
		return nil, err
	}
	all := &model.ImagesAddPayload{Images: []*store.Image{}, UserErrors: problems}
	if len(problems) > 0 {
		return all, nil
	}
	loaders.Image.Ask(ctx, added)
	if all.Product, err = loaders.Product.Load(ctx, id); err != nil {
		return nil, savedButNotShown(err)
	}
	found, err := loaders.Image.LoadMany(ctx, added)
	if err != nil {
		return nil, savedButNotShown(err)
	}
	for _, image := range found {
		if image != nil { // a repeated request, and the image has been removed since
			all.Images = append(all.Images, image)
		}
	}
	return all, nil
}
