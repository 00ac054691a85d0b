Store = Annotated[UserStore, Depends(get_store, scope="function")]
